import type { OutputFormat } from "../../conversation.ts";

/** Encodes `outputConfig` as JSON (E16, O5); `undefined` for none. The schema is JSON, and goes as a string. */
export function encodeOutputConfig(
  output: OutputFormat | undefined,
  { schema, effort }: {
    readonly schema: string | undefined;
    readonly effort: string | undefined;
  },
): string | undefined {
  const members: string[] = [];
  if (schema !== undefined && output?.type === "json_schema") {
    const name = output.name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64);
    const definition = JSON.stringify({ schema, ...(name && { name }) });
    members.push(
      `"textFormat":{"type":"json_schema","structure":{"jsonSchema":${definition}}}`,
    );
  }
  if (effort !== undefined) members.push(`"effort":"${effort}"`);
  return members.length === 0 ? undefined : `{${members.join()}}`;
}
