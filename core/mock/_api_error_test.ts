import { assertEquals } from "@std/assert";
import { ApiError, errorOfStatus } from "./_api_error.ts";

Deno.test("ApiError has OpenAI's shape, null where nothing is known", () => {
  assertEquals(JSON.parse(new ApiError("No").body()), {
    error: {
      message: "No",
      type: "invalid_request_error",
      param: null,
      code: null,
    },
  });
});

Deno.test("errorOfStatus() gives a rate limit with Retry-After for 429", () => {
  const error = errorOfStatus(429);
  assertEquals(error.status, 429);
  assertEquals(error.headers, { "retry-after": "1" });
  assertEquals(JSON.parse(error.body()).error.code, "rate_limit_exceeded");
  assertEquals(JSON.parse(error.body()).error.type, "requests");
});

Deno.test("errorOfStatus() has a body for every status from 400 to 599", () => {
  for (let status = 400; status < 600; status++) {
    const error = errorOfStatus(status);
    const { message, type } = JSON.parse(error.body()).error;
    assertEquals(error.status, status);
    assertEquals(message.length > 0, true);
    if (status !== 429 && status !== 503) {
      assertEquals(
        type,
        status < 500 ? "invalid_request_error" : "server_error",
      );
    }
  }
});
