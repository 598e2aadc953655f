import type { Conversation } from "../conversation.ts";
import type { DialectTarget, EncodedRequest } from "../dialect.ts";
import { LossReport } from "../loss_report.ts";
import { user } from "./_test_messages.ts";

/** A request as the provider would read it. */
export interface Encoded {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** As `action: field (detail)`. */
  readonly losses: readonly string[];
}

/** Encodes a conversation of which only what matters to the test is given. */
export function encodeWith(
  encodeRequest: (
    conversation: Conversation,
    target: DialectTarget,
  ) => EncodedRequest,
  { provider, model, part }: {
    readonly provider: string;
    readonly model: string;
    readonly part: Partial<Conversation>;
  },
): Encoded {
  const losses = new LossReport();
  const { path, headers, body: text } = encodeRequest({
    model,
    messages: [user("Hi")],
    sampling: {},
    stream: true,
    unmapped: [],
    ...part,
  }, { provider, model, quirks: {}, losses });
  return {
    path,
    headers,
    text,
    body: JSON.parse(text),
    losses: losses.losses.map(({ action, field, detail }) =>
      `${action}: ${field} (${detail})`
    ),
  };
}
