/** Takes what counts of a request, piece by piece. */
export interface ContentVisitor {
  /** Words that the model reads. */
  text(text: string): void;
  /** A turn, a call or a result: what frames it costs as well. */
  frame(): void;
  /** A tool that the model may call. */
  tool(): void;
  /** A schema that the answer must have, as JSON. */
  schema(text: string): void;
  /** A picture; its base64, where it is here. */
  image(data: string | undefined, isLow: boolean): void;
  /** A document or a sound; its base64, where it is here. */
  media(data: string): void;
}

type Fields = Readonly<Record<string, unknown>>;

/** Members that hold what the model reads, in every dialect and in the canonical vocabulary. */
const READ = [
  "system",
  "instructions",
  "systemInstruction",
  "system_instruction",
  "messages",
  "input",
  "contents",
  "prompt",
] as const;
/** Members that may hold the schema of an answer. */
const OUTPUTS = [
  "response_format",
  "output_config",
  "output",
  "text",
  "generationConfig",
] as const;
/** What stands between those and the schema, and the schema. */
const WRAPPERS = ["json_schema", "format"] as const;
const SCHEMAS = ["schema", "responseSchema", "responseJsonSchema"] as const;
/** What a model never reads, wherever it stands. */
const UNREAD: ReadonlySet<string> = new Set([
  "type",
  "role",
  "id",
  "call_id",
  "callId",
  "tool_call_id",
  "tool_use_id",
  "data",
  "url",
  "image_url",
  "file_data",
  "file_id",
  "fileId",
  "fileUri",
  "file_uri",
  "detail",
  "status",
  "signature",
  "thoughtSignature",
  "thought_signature",
  "redacted",
  "encrypted_content",
  "cacheControl",
  "cache_control",
  "mediaType",
  "media_type",
  "mimeType",
  "mime_type",
]);
const IMAGES: ReadonlySet<unknown> = new Set([
  "image",
  "image_url",
  "input_image",
]);
const MEDIA: ReadonlySet<unknown> = new Set([
  "file",
  "input_file",
  "document",
  "audio",
  "input_audio",
]);
/** Deeper than any request: what is within is not looked at. */
const MAX_DEPTH = 128;

/** Walks a request in any client's dialect, or a conversation in the canonical vocabulary. */
export function walkRequest(from: object, visitor: ContentVisitor): void {
  const request = from as Fields;
  for (const name of READ) {
    const value = request[name];
    if (value !== undefined) walkContent(value, visitor);
  }
  if (Array.isArray(request.tools)) walkTools(request.tools, visitor);
  for (const name of OUTPUTS) {
    const schema = schemaOf(request[name]);
    // Providers write it into the prompt as it is, marks and all.
    if (schema !== undefined) visitor.schema(JSON.stringify(schema));
  }
}

function schemaOf(output: unknown): Fields | undefined {
  if (!isFields(output)) return undefined;
  const places = [output, ...WRAPPERS.map((name) => output[name])];
  for (const place of places.filter(isFields)) {
    const schema = SCHEMAS.map((name) => place[name]).find(isFields);
    if (schema !== undefined) return schema;
  }
  return undefined;
}

/** Walks a message, a list of them, or whatever is in one. */
export function walkContent(
  value: unknown,
  visitor: ContentVisitor,
  depth: number = 0,
): void {
  if (typeof value === "string") return visitor.text(value);
  if (depth > MAX_DEPTH) return;
  if (Array.isArray(value)) {
    for (const item of value) walkContent(item, visitor, depth + 1);
    return;
  }
  if (!isFields(value)) return;
  if (IMAGES.has(value.type)) return walkImage(value, visitor);
  if (MEDIA.has(value.type)) return walkMedia(value, visitor);
  const inline = value.inlineData ?? value.inline_data;
  if (isFields(inline)) return walkInline(inline, visitor);
  if (value.role !== undefined || value.name !== undefined) visitor.frame();
  for (const name in value) {
    if (UNREAD.has(name)) continue;
    const member = value[name];
    if (name === "args" || name === "input" || name === "response") {
      walkJson(member, visitor, depth + 1);
    } else walkContent(member, visitor, depth + 1);
  }
}

/** Walks tools; names, descriptions and schemas are read as JSON. */
function walkTools(tools: readonly unknown[], visitor: ContentVisitor): void {
  for (const tool of tools) {
    visitor.tool();
    walkJson(tool, visitor);
  }
}

function walkJson(
  value: unknown,
  visitor: ContentVisitor,
  depth: number = 0,
): void {
  if (typeof value === "string") return visitor.text(value);
  if (depth > MAX_DEPTH || value === null) return;
  if (typeof value !== "object") return visitor.text(String(value));
  if (Array.isArray(value)) {
    for (const item of value) walkJson(item, visitor, depth + 1);
    return;
  }
  const fields = value as Fields;
  for (const name in fields) {
    visitor.text(name);
    walkJson(fields[name], visitor, depth + 1);
  }
}

/** A picture in any dialect's words. */
function walkImage(part: Fields, visitor: ContentVisitor): void {
  const { image_url: address, source } = part;
  const inner = isFields(address) ? address : part;
  const place = isFields(source) ? source : inner;
  const url = typeof address === "string" ? address : place.url;
  const data = typeof place.data === "string"
    ? place.data
    : typeof url === "string" && url.startsWith("data:")
    ? url.slice(url.indexOf(",") + 1)
    : undefined;
  visitor.image(data, inner.detail === "low");
}

function walkMedia(part: Fields, visitor: ContentVisitor): void {
  const { source, file, input_audio: audio } = part;
  const place = [source, file, audio].find(isFields) ?? part;
  // A document of Anthropic's may be plain text.
  if (place.type === "text" && typeof place.data === "string") {
    return visitor.text(place.data);
  }
  if (isFields(source) && source.content !== undefined) {
    return walkContent(source.content, visitor, 1);
  }
  const data = place.data ?? place.file_data;
  visitor.media(typeof data === "string" ? data : "");
}

function walkInline(inline: Fields, visitor: ContentVisitor): void {
  const data = typeof inline.data === "string" ? inline.data : "";
  const type = inline.mimeType ?? inline.mime_type;
  if (typeof type === "string" && type.startsWith("image/")) {
    visitor.image(data, false);
  } else visitor.media(data);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
