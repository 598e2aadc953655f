import { pathSegment } from "../../_path_segment.ts";

/**
 * The provider's name of a model (D28): `models/` is put before a bare name,
 * tuned models keep their own collection, and the publisher that Vertex AI
 * puts before both is part of its base URL (D29).
 */
export function modelResource(model: string): string {
  const name = model.replace(/^\/?(?:publishers\/google\/)?/, "");
  return /^(?:models|tunedModels)\/./.test(name) ? name : `models/${name}`;
}

/** The path of a model below the provider's base URL, escaped, so that no name leads out of its place. */
export function modelPath(model: string): string {
  const [collection = "", ...id] = modelResource(model).split("/");
  return `/${collection}/${pathSegment(id.join("/"))}`;
}
