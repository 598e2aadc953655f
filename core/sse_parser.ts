/** One event of a server-sent event stream. */
export interface SseEvent {
  /** The event's type; `""` where the stream named none. */
  readonly event: string;
  /** The lines of data, joined with LF. */
  readonly data: string;
}
