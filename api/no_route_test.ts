import type { Exchange } from "./exchange.ts";
import type { RequestContext } from "./endpoints.ts";
import { noRoute } from "./no_route.ts";
import { assertStringIncludes, assertThrows } from "@std/assert";

/** What a caller is told who asks for a path that there is not. */
function toldOf(path: string): string {
  const exchange = { method: "GET", path } as Exchange;
  const context = { exchange } as RequestContext;
  const error = assertThrows(() => noRoute(path).handle(context), Error);
  return error.message;
}

Deno.test("X11: noRoute() tells no part of a path that may be a key, with digits or without", () => {
  for (
    const key of [
      "wIyxpFMxUakfloHXcMAdOBJvoIYnuSVJ",
      "sk-proj-4fK2mQ9xT7bV",
      "0123456789abcdef0123456789abcdef",
    ]
  ) {
    assertStringIncludes(toldOf(`/v1/${key}/models`), "GET /v1/…/models");
  }
});

Deno.test("noRoute() tells names, however long", () => {
  for (
    const name of ["streamGenerateContent", "completions_of_everything", "chat"]
  ) {
    assertStringIncludes(toldOf(`/v1/${name}`), `GET /v1/${name}`);
  }
});
