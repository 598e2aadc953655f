import {
  type App,
  type AppOptions,
  type Config,
  createApp,
  listen,
  parseConfig,
} from "@llm-proxy/api";
import { redactingSink, Redactor, StructuredLogger } from "@llm-proxy/logging";
import { secretsOf } from "../api/_config_secret_list.ts";

/** A gateway that listens on a free port. */
export interface TestGateway {
  /** For example `http://127.0.0.1:49152`. */
  readonly url: string;
  /** The log's lines of requests so far, a record a line. */
  readonly log: Record<string, unknown>[];
  /** All of the log so far. */
  readonly lines: string[];
  close(): Promise<void>;
}

/** Something that answers on a port. */
export interface Answering {
  readonly url: string;
  close(): Promise<void>;
}

/** What makes an app answer on a free port. */
export type Listening = (
  app: App,
  server: Config["server"],
) => Promise<Answering>;

/** As the service listens. */
export function onNode(
  app: App,
  server: Config["server"],
): Promise<Answering> {
  return listen(app, { ...server, port: 0 });
}

/** As the app's fetch handler is served elsewhere. */
export function onDenoServe(app: App): Promise<Answering> {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => app.fetch(request),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  return Promise.resolve({ url, close: () => server.shutdown() });
}

/** Changes a config, for what no file can say. */
export type ConfigChange = (config: Config) => Config;

/** Starts a gateway with the given config, as YAML; `server.port` is any free one. */
export async function startGateway(
  yaml: string,
  listening: Listening = onNode,
  change: ConfigChange = (config) => config,
  options: Omit<AppOptions, "logger"> = {},
): Promise<TestGateway> {
  const result = parseConfig(yaml, {
    file: "test.yaml",
    env: () => undefined,
    readText: (path) => Deno.readTextFileSync(path),
  });
  if (!result.ok) throw new Error(JSON.stringify(result.faults, null, 2));
  const log: Record<string, unknown>[] = [];
  const lines: string[] = [];
  const config = change(result.config);
  const sink = (text: string): void => {
    for (const line of text.trimEnd().split("\n")) {
      lines.push(line);
      const record = JSON.parse(line);
      if (record.msg === "request") log.push(record);
    }
  };
  const { level } = config.logging;
  const logger = new StructuredLogger({
    level,
    format: "json",
    // As the service's own.
    sink: redactingSink(sink, new Redactor(secretsOf(config))),
  });
  const app = createApp(config, { ...options, logger });
  const listener = await listening(app, config.server);
  return {
    url: listener.url,
    log,
    lines,
    async close() {
      await listener.close();
      await app.close();
      await logger.close();
    },
  };
}
