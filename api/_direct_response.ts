import {
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  ServerResponse,
} from "node:http";

type Head = OutgoingHttpHeaders | OutgoingHttpHeader[];

/**
 * An answer of a listener. One whose head the platform is to make up itself, at
 * the end, goes to the kernel in one piece; one whose head was told before goes
 * through the queues of two streams.
 */
export class DirectResponse extends ServerResponse {
  #head: OutgoingHttpHeaders | undefined;

  /** Answers whole; the platform tells the length of the body. */
  answer(status: number, headers: OutgoingHttpHeaders, body: string): void {
    this.statusCode = status;
    this.#head = headers;
    this.end(body);
  }

  /** Writes the head: that of the answer, where the platform asks for one. */
  override writeHead(
    status: number,
    message?: string | Head,
    headers?: Head,
  ): this {
    return typeof message === "string"
      ? super.writeHead(status, message, headers)
      : super.writeHead(status, message ?? headers ?? this.#head);
  }
}
