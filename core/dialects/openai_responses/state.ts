import type { Conversation } from "../../conversation.ts";

/**
 * What a gateway that keeps answers tells of them to the decoder of a request.
 * Without it, fields that need memory are refused (B17).
 */
export interface ResponsesState {
  /**
   * The turns that `previous_response_id` or `conversation` stands for, the
   * answer to them included. Instructions are not inherited (B16): they must
   * not be among them.
   */
  readonly previous?: Conversation;
  /** An item of an earlier request or answer, as it was on the wire, by its id. */
  item?(id: string): unknown;
}
