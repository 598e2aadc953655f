import type { FilePart, ImagePart } from "../../conversation.ts";
import { decodeSource } from "../openai_chat/_decode_media.ts";
import type { RequestNode } from "../openai_chat/_decode_node.ts";

/** Reads an `input_image` part: a base64 data URL or an `https:` address (A32, O10). */
export function decodeImage(node: RequestNode): Omit<ImagePart, "type"> {
  if (node.has("file_id")) {
    throw node.refuse(
      "file_id",
      "Images by 'file_id' are not supported by this model's provider: use 'image_url'",
      "unsupported_value",
    );
  }
  const source = decodeSource(node, {
    key: "image_url",
    text: node.name("image_url"),
  });
  if (!source || "data" in source && !source.mediaType.startsWith("image/")) {
    throw node.refuse(
      "image_url",
      `Invalid '${
        node.path("image_url")
      }': expected an https URL or a data URL with a base64-encoded image`,
      "invalid_value",
    );
  }
  const detail = node.choice("detail", ["auto", "low", "high", "original"]);
  if (detail !== "original") return { ...source, ...(detail && { detail }) };
  node.note("detail");
  return { ...source, detail: "high" };
}

/** Reads an `input_file` part: an id, an `https:` address, a data URL, or bare base64 of a PDF. */
export function decodeFile(node: RequestNode): Omit<FilePart, "type"> {
  const filename = node.string("filename");
  const named = filename ? { filename } : {};
  const detail = node.string("detail");
  if (detail && detail !== "auto") node.note("detail");
  if (node.has("file_data")) {
    return { ...decodeFileData(node, node.name("file_data")), ...named };
  }
  if (!node.has("file_url")) return { fileId: node.name("file_id"), ...named };
  const source = decodeSource(node, {
    key: "file_url",
    text: node.name("file_url"),
  });
  if (source && "url" in source) return { ...source, ...named };
  throw node.refuse(
    "file_url",
    `Invalid '${node.path("file_url")}': expected an https URL`,
    "invalid_value",
  );
}

function decodeFileData(
  node: RequestNode,
  text: string,
): Pick<FilePart, "data" | "mediaType"> {
  const source = decodeSource(node, { key: "file_data", text });
  if (source && "data" in source) return source;
  // "%PDF-" in base64. Other documents don't show what they are.
  if (text.startsWith("JVBERi")) {
    return { data: text, mediaType: "application/pdf" };
  }
  throw node.refuse(
    "file_data",
    `Invalid '${
      node.path("file_data")
    }': expected a data URL with base64-encoded data and its media type`,
    "invalid_value",
  );
}
