import type { ProviderDialect } from "../../dialect.ts";
import type { JsonDocument } from "../../json_document.ts";
import type { PassOptions, Translation } from "../../translation.ts";
import { geminiProvider } from "../gemini/dialect.ts";
import { encodeRequest } from "../gemini/encode_request.ts";
import { passGemini } from "../gemini/pass.ts";
import { modelPath } from "./_model_path.ts";

/** Gemini on Vertex AI: the Gemini API at the path of a project (D29). */
export const vertexGeminiProvider: ProviderDialect = {
  ...geminiProvider,
  name: "vertex",
  encodeRequest(conversation, target) {
    const request = encodeRequest(conversation, target);
    return { ...request, path: atVertex(request.path, target.model) };
  },
};

/** A Gemini request on its way to Vertex AI, with the smallest edit. */
export function passVertexGemini(
  document: JsonDocument,
  options: PassOptions,
): Translation {
  const translation = passGemini(document, options);
  const { request } = translation;
  const path = atVertex(request.path, options.target.model);
  return { ...translation, request: { ...request, path } };
}

/** The path at Vertex for one at the Gemini API: the method is the same. */
function atVertex(path: string, model: string): string {
  return modelPath(model) + path.slice(path.lastIndexOf(":"));
}
