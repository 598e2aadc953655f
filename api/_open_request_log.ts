import { RequestLog } from "@llm-proxy/logging";
import type { WorkerGroup } from "./gateway_controls.ts";
import type { RequestMetrics } from "./_request_metrics.ts";
import { settledPage, timeCursors } from "./_worker_requests.ts";

/** The last requests of this process; other workers are told of them, and of its metrics. */
export function openRequestLog(
  metrics: RequestMetrics,
  workers: WorkerGroup | undefined,
): RequestLog {
  const requests = new RequestLog({
    redactor: metrics.redactor,
    nextCursor: timeCursors(workers?.number ?? 0),
  });
  workers?.answerBy((question) =>
    question.startsWith("{")
      ? JSON.stringify(settledPage(requests.page(JSON.parse(question))))
      : metrics.show(question)
  );
  return requests;
}
