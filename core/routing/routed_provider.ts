import type { Provider } from "../provider.ts";
import type { DeploymentSettings } from "./deployment.ts";

/** A provider and its place in the routing. */
export interface RoutedProvider {
  /** The provider, with its first key. Where it has a list of models, these can be asked for without its name. */
  readonly provider: Provider;
  /** The same provider with its further keys, in order. @default {[]} */
  readonly moreKeys?: readonly Provider[];
  /** The lower comes first among providers that list the same model. @default {100} */
  readonly priority?: number;
  /** Takes every bare name that no route names, whatever others list. @default {false} */
  readonly forced?: boolean;
  /** What is said of all of its models. @default {{}} */
  readonly settings?: DeploymentSettings;
  /** What is said of single models; wins over `settings`. */
  readonly models?: ReadonlyMap<string, DeploymentSettings>;
}
