import { createApp, listen, parseConfig } from "@llm-proxy/api";
import { StructuredLogger } from "@llm-proxy/logging";

/** A gateway that listens on a free port. */
export interface TestGateway {
  /** For example `http://127.0.0.1:49152`. */
  readonly url: string;
  /** The log so far, a record a line. */
  readonly log: Record<string, unknown>[];
  close(): Promise<void>;
}

/** Starts a gateway with the given config, as YAML; `server.port` is any free one. */
export async function startGateway(yaml: string): Promise<TestGateway> {
  const result = parseConfig(yaml, { file: "test.yaml", env: () => undefined });
  if (!result.ok) throw new Error(JSON.stringify(result.faults, null, 2));
  const log: Record<string, unknown>[] = [];
  const logger = new StructuredLogger({
    level: "info",
    format: "json",
    sink: (lines: string) => {
      for (const line of lines.trimEnd().split("\n")) {
        log.push(JSON.parse(line));
      }
    },
  });
  const { config } = result;
  const app = createApp(config, { logger });
  const listener = await listen(app, { ...config.server, port: 0 });
  return {
    url: listener.url,
    log,
    async close() {
      await listener.close();
      await app.close();
      await logger.close();
    },
  };
}
