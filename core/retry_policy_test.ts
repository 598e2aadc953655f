import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type ErrorKind, GatewayError, UpstreamError } from "./errors.ts";
import {
  decideRetry,
  type FailedAttempt,
  type RetryAction,
  type RetryReason,
} from "./retry_policy.ts";

const options = { random: () => 0.5 };

function fault(
  kind: ErrorKind,
  { code = "some_code", status, headers = {} }: {
    readonly code?: string;
    readonly status?: number;
    readonly headers?: Record<string, string>;
  } = {},
): UpstreamError {
  const own = status === undefined ? {} : { status };
  return new UpstreamError(kind, "No", { code, headers, ...own });
}

function failed(
  error: unknown,
  more: Partial<FailedAttempt> = {},
): FailedAttempt {
  return {
    error,
    attempts: 1,
    committed: false,
    aborted: false,
    others: true,
    budgetLeft: 1,
    ...more,
  };
}

const alone = { others: false };

/** What is done with a fault where there is another deployment, and where there is none. */
function actions(error: unknown): [RetryAction, RetryAction] {
  return [
    decideRetry(failed(error), options).retry,
    decideRetry(failed(error, alone), options).retry,
  ];
}

function reasonOf(
  error: unknown,
  more: Partial<FailedAttempt> = {},
): RetryReason {
  const { retry, reason } = decideRetry(failed(error, more), options);
  if (retry === "none") return reason;
  throw new Error(`Not refused but '${retry}'`);
}

Deno.test("K10: a fault of the provider moves at once, or stays with a backoff", () => {
  for (
    const error of [
      fault("rate_limit"),
      fault("overloaded"),
      fault("upstream"),
      fault("upstream", { code: "upstream_reset" }),
      fault("upstream", { code: "upstream_connect_failed" }),
      fault("upstream", { code: "upstream_dns_failed" }),
      fault("upstream", { code: "upstream_invalid_response" }),
    ]
  ) {
    const reason = error.kind as RetryReason;
    assertEquals(
      decideRetry(failed(error), options),
      { retry: "other", delayMs: 0, reason },
    );
    assertEquals(
      decideRetry(failed(error, alone), options),
      { retry: "same", delayMs: 250, reason },
    );
    assertEquals(
      decideRetry(failed(error, { ...alone, attempts: 2 }), options).delayMs,
      500,
    );
  }
});

Deno.test("U18, K2: what the caller made is never tried again", () => {
  const kinds: ErrorKind[] = [
    "invalid_request",
    "not_found",
    "method_not_allowed",
    "unsupported_media_type",
    "too_large",
    "client_closed",
    "internal",
  ];
  for (const kind of kinds) {
    const told = fault(kind, { headers: { "x-should-retry": "true" } });
    assertEquals(actions(told), ["none", "none"]);
    assertEquals(reasonOf(told), "callers_fault");
  }
});

Deno.test("K9, U17: used-up credit and refused credentials move to another key, and never stay", () => {
  const should = { "x-should-retry": "true", "retry-after": "1" };
  for (
    const error of [
      fault("authentication"),
      fault("permission"),
      fault("rate_limit", { code: "insufficient_quota" }),
      fault("permission", { code: "insufficient_quota", status: 402 }),
      fault("rate_limit", { code: "insufficient_quota", headers: should }),
      fault("authentication", { headers: should }),
    ]
  ) {
    assertEquals(actions(error), ["other", "none"], error.code);
    assertEquals(reasonOf(error, alone), "no_other");
  }
});

Deno.test("U3: a timeout moves to another deployment, and does not stay", () => {
  for (const code of ["connect_timeout", "headers_timeout", "total_timeout"]) {
    assertEquals(actions(fault("timeout", { code })), ["other", "none"]);
  }
});

Deno.test("U2: broken TLS, a full pool and answers beyond a cap do not stay", () => {
  for (
    const code of [
      "upstream_tls_failed",
      "upstream_pool_exhausted",
      "upstream_transport_closed",
      "upstream_header_too_large",
      "upstream_response_too_large",
    ]
  ) assertEquals(actions(fault("upstream", { code })), ["other", "none"], code);
});

Deno.test("decideRetry() sends what is too long, or was refused, to the route's own chain", () => {
  const context = fault("invalid_request", { code: "context_length_exceeded" });
  assertEquals(actions(context), ["fallback_context", "fallback_context"]);
  for (
    const policy of [
      fault("invalid_request", { code: "content_filter" }),
      fault("invalid_request", { code: "content_policy_violation" }),
      fault("invalid_request", { code: "flagged_by_us", status: 403 }),
    ]
  ) assertEquals(actions(policy), ["fallback_policy", "fallback_policy"]);
  assertEquals(reasonOf(context, { attempts: 3 }), "attempts");
});

Deno.test("K8: x-should-retry: false does not stay, true lets a timeout stay", () => {
  const no = { "x-should-retry": "false" };
  for (const kind of ["rate_limit", "overloaded", "upstream"] as const) {
    const error = fault(kind, { headers: no });
    assertEquals(actions(error), ["other", "none"]);
    assertEquals(reasonOf(error, alone), "told_not_to");
  }
  const yes = fault("timeout", { headers: { "x-should-retry": " True" } });
  assertEquals(actions(yes), ["other", "same"]);
  const odd = fault("timeout", { headers: { "x-should-retry": "maybe" } });
  assertEquals(actions(odd), ["other", "none"]);
});

Deno.test("K5, K6: what the provider asks is waited for, with jitter on top, within bounds", () => {
  const asks = (value: string): UpstreamError =>
    fault("rate_limit", { headers: { "retry-after": value } });
  assertEquals(decideRetry(failed(asks("2"), alone), options).delayMs, 2_250);
  assertEquals(decideRetry(failed(asks("0"), alone), options).delayMs, 250);
  assertEquals(decideRetry(failed(asks("soon"), alone), options).delayMs, 250);
  assertEquals(reasonOf(asks("20"), alone), "long_wait");
  assertEquals(reasonOf(asks("1000000000"), alone), "long_wait");
  assertEquals(
    reasonOf(asks("2"), { ...alone, remainingMs: 2_000 }),
    "deadline",
  );
  assertEquals(
    decideRetry(failed(asks("20"), alone), { ...options, maxWaitMs: 30_000 })
      .retry,
    "same",
  );
  assertEquals(actions(asks("20"))[0], "other");
});

Deno.test("K11, L3, U20: what has reached the client, a client that left and faults of our own end it", () => {
  const error = fault("overloaded");
  assertEquals(reasonOf(error, { committed: true }), "committed");
  assertEquals(reasonOf(error, { aborted: true }), "client_left");
  const own = [
    new GatewayError("invalid_request", "Bad arguments", { code: "x" }),
    new GatewayError("rate_limit", "Our own limit", { code: "x" }),
    new GatewayError("client_closed", "Stalled", { code: "client_stalled" }),
    new TypeError("x"),
    new DOMException("x", "AbortError"),
    undefined,
    null,
    "x",
    { kind: "overloaded" },
  ];
  for (const thrown of own) {
    assertEquals(actions(thrown), ["none", "none"]);
    assertEquals(reasonOf(thrown), "not_upstream");
  }
});

Deno.test("decideRetry() keeps to the attempts, the deadline and the budget", () => {
  const error = fault("upstream");
  assertEquals(reasonOf(error, { attempts: 3 }), "attempts");
  assertEquals(reasonOf(error, { budgetLeft: 0 }), "budget");
  assertEquals(reasonOf(error, { remainingMs: 0 }), "deadline");
  assertEquals(reasonOf(error, { remainingMs: -1 }), "deadline");
  const one = { ...options, maxAttempts: 1 };
  assertEquals(decideRetry(failed(error), one).reason, "attempts");
  for (const maxAttempts of [0, 6, NaN, Infinity]) {
    assertThrows(
      () => decideRetry(failed(error), { maxAttempts }),
      RangeError,
      "'maxAttempts'",
    );
  }
});

Deno.test("decideRetry() takes a strategy for the waits", () => {
  const steps: number[][] = [];
  const decision = decideRetry(
    failed(fault("upstream"), { ...alone, attempts: 2, previousMs: 40 }),
    {
      backoff: ({ retry, previousMs, random }) => {
        steps.push([retry, previousMs, random()]);
        return 77;
      },
      random: () => 0.25,
    },
  );
  assertEquals(decision.delayMs, 77);
  assertEquals(steps, [[2, 40, 0.25]]);
});

const anyFault = fc.record({
  kind: fc.constantFrom<ErrorKind>(
    "rate_limit",
    "overloaded",
    "upstream",
    "timeout",
    "authentication",
    "invalid_request",
    "permission",
  ),
  code: fc.constantFrom(
    "some_code",
    "insufficient_quota",
    "context_length_exceeded",
    "content_filter",
  ),
  should: fc.constantFrom("true", "false", "x"),
  after: fc.constantFrom("0", "1", "x", "9"),
}).map(({ kind, code, should, after }) =>
  fault(kind, {
    code,
    headers: { "x-should-retry": should, "retry-after": after },
  })
);

Deno.test("U20: whatever the graph and the faults, attempts and time are bounded", () => {
  // Each deployment's lists of others to go to: cycles and loops onto itself included.
  const graph = fc.array(
    fc.array(fc.nat({ max: 19 }), { maxLength: 20 }),
    { minLength: 20, maxLength: 20 },
  );
  fc.assert(fc.property(
    graph,
    fc.array(anyFault, { minLength: 1, maxLength: 5 }),
    fc.integer({ min: 1, max: 5 }),
    fc.nat({ max: 20_000 }),
    (graph, faults, maxAttempts, deadline) => {
      let [attempts, time, at, previousMs] = [0, 0, 0, 0];
      const tried = new Set([0]);
      for (;;) {
        const error = faults[attempts % faults.length];
        attempts++;
        assert(attempts <= maxAttempts, `${attempts} attempts`);
        assert(time <= deadline, `at ${time}`);
        const next = graph[at]?.find((target) => !tried.has(target));
        const { retry, delayMs } = decideRetry(
          failed(error, {
            attempts,
            others: next !== undefined,
            remainingMs: deadline - time,
            previousMs,
          }),
          { maxAttempts, random: Math.random },
        );
        if (retry === "none") return;
        if (retry !== "same") {
          if (next === undefined) return;
          tried.add(at = next);
        }
        time += delayMs;
        previousMs = delayMs;
      }
    },
  ));
});

Deno.test("decideRetry() never stays where it must not, over all faults and places", () => {
  fc.assert(fc.property(
    anyFault,
    fc.boolean(),
    fc.boolean(),
    fc.boolean(),
    fc.nat({ max: 4 }),
    (error, committed, aborted, others, budgetLeft) => {
      const { retry, delayMs } = decideRetry(
        failed(error, { committed, aborted, others, budgetLeft }),
        options,
      );
      if (committed || aborted || budgetLeft === 0) assertEquals(retry, "none");
      if (retry !== "same") return assertEquals(delayMs, 0);
      assert(!others && delayMs > 0);
      assert(error.code === "some_code" && error.kind !== "authentication");
      assert(error.headers["x-should-retry"] !== "false");
    },
  ));
});
