import { providerTypes, proxyFor } from "@llm-proxy/core";
import { cloudSettings } from "./_provider_cloud.ts";
import type { Data } from "./_config_data.ts";
import { type EnvReader, readVariable } from "./_config_env.ts";
import { isProxy, PROXY_FORM } from "./_config_texts.ts";

/**
 * The proxy on the way to a provider: its own, else the one that the
 * environment names for its address. None is looked for where it is off.
 */
export function providerProxy(
  { enabled, proxy, ...provider }: Data,
  env: EnvReader,
): string | undefined {
  if (typeof proxy === "string") return proxy;
  const url = addressOf(provider);
  if (enabled === false || url === undefined) return undefined;
  return proxyFor(url, (name) => {
    const read = readVariable(name, env);
    return "value" in read ? read.value : undefined;
  });
}

/** Why the environment's proxy for a provider can't be used; never with its text. */
export function proxyFault(
  provider: Data,
  env: EnvReader,
): string | undefined {
  if (provider.proxy !== undefined) return undefined;
  const address = providerProxy(provider, env);
  if (address === undefined || isProxy(address)) return undefined;
  const secure = addressOf(provider)?.toLowerCase().startsWith("https:");
  return `The proxy in ${
    secure ? "HTTPS_PROXY" : "HTTP_PROXY"
  } ${PROXY_FORM}; NO_PROXY leaves hosts out`;
}

function addressOf(provider: Data): string | undefined {
  const { type, base_url: given } = provider;
  if (typeof given === "string") return given;
  if (typeof type !== "string") return undefined;
  const { address, baseUrl } = providerTypes.get(type) ?? {};
  if (address === undefined) return baseUrl;
  try {
    return address({ name: type, type, ...cloudSettings(provider) });
  } catch {
    // What is wrong with it is told of its own.
    return undefined;
  }
}
