/** One piece of a message, as far as condensing has to know it; whatever else is in it is kept. */
export interface CondensablePart {
  /** `text`, `tool_call`, `tool_result`, or any other word. */
  readonly type: string;
  /** Words, where it has some. */
  readonly text?: string;
  /** The id of a `tool_call`. */
  readonly id?: string;
  /** The name of the tool of a `tool_call`. */
  readonly name?: string;
  /** The arguments of a `tool_call`, JSON. */
  readonly arguments?: string;
  /** The id of the call that a `tool_result` answers. */
  readonly callId?: string;
  /** What a `tool_result` says. */
  readonly parts?: readonly CondensablePart[];
}

/** One message of a conversation. */
export interface CondensableMessage {
  /** Who speaks: `system`, `developer`, `user`, `assistant` or `tool`. */
  readonly role: string;
  /** What was said. */
  readonly parts: readonly CondensablePart[];
}

/** A conversation that can be condensed: `Conversation` of `@llm-proxy/core` is one. */
export interface CondensableConversation {
  /** The messages, oldest first. */
  readonly messages: readonly CondensableMessage[];
}
