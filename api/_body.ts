import { GatewayError } from "@llm-proxy/core";

/** The client has left before its answer was out. */
export function clientLeft(): GatewayError {
  return new GatewayError("client_closed", "The client closed the connection", {
    code: "client_closed",
  });
}

/** The body is over the cap. */
export function bodyTooLarge(maxBytes: number): GatewayError {
  return new GatewayError(
    "too_large",
    `The request body is larger than ${maxBytes} bytes`,
    { code: "request_too_large" },
  );
}

/** Checks what the head says of the body, before a byte of it is read. */
export function checkBodyHead(
  header: (name: string) => string | undefined,
  maxBytes: number,
): void {
  const encoding = header("content-encoding");
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    throw new GatewayError(
      "unsupported_media_type",
      "Compressed request bodies are not accepted: send the body without 'content-encoding'",
      { code: "unsupported_content_encoding" },
    );
  }
  if (Number(header("content-length") ?? 0) > maxBytes) {
    throw bodyTooLarge(maxBytes);
  }
}
