import { PERSONAL_DATA } from "@llm-proxy/logging";
import * as z from "@zod/zod";
import { requestLog } from "./_config_request_log_section.ts";
import { jwt } from "./_config_jwt_section.ts";
import { keyTerms } from "./key_terms.ts";
import { count, line, seconds, secret, size } from "./_config_values.ts";

/** `app` */
export const app = z.strictObject({
  name: line(100).default("llm-proxy")
    .describe("Shown by GET / and in telemetry."),
  environment: line(100).optional()
    .describe("A word of your own, for example production."),
}).prefault({}).describe("What this installation is called.");

function hostName(): z.ZodString {
  return z.string().max(255).regex(
    /^[A-Za-z0-9.:_-]+$/,
    "must be a host name or an IP address, without a scheme, brackets or port",
  );
}

/** `server` */
export const server = z.strictObject({
  // Nobody outside the machine gets in before a key exists.
  host: hostName().default("127.0.0.1").describe(
    "Address to bind. Anything but loopback needs a key in auth.api_keys, or auth.jwt.",
  ),
  port: count(0, 65_535).default(8000)
    .describe("Port to listen on; 0 takes any free one."),
  // Room for a conversation with several images; each body is held in memory once.
  max_body_mb: size(1024).default(32)
    .describe("Largest request body in MiB; larger ones get 413."),
  // Without it, so many callers with so large bodies would be the end of the process.
  max_held_mb: size(1_048_576).optional()
    .describe(
      "All request bodies held at once, in MiB; those over it get 503. A sixteenth of the memory limit by default, 256 at most, and no less than max_body_mb.",
    ),
  // Some 20 KB each when idle, and two descriptors each when busy.
  max_connections: count(1, 1_000_000).default(8192)
    .describe("Open client connections; further ones are closed at once."),
  // A head is a few hundred bytes: whoever needs longer is dripping it.
  header_timeout: seconds(300).default(10)
    .describe("Seconds in which the head of a request must have come."),
  body_timeout: seconds(3600).default(30)
    .describe("Seconds in which the body of a request must have come."),
  // Longer than the 60 s of common load balancers, so that they close first.
  keep_alive_timeout: seconds(3600).default(75)
    .describe("Seconds an idle connection is kept open."),
  max_header_kb: count(1, 256).default(32)
    .describe("Largest head of a request in KiB."),
  // What service managers and orchestrators grant before they kill.
  shutdown_timeout: seconds(3600).default(30)
    .describe("Seconds that running requests get to end at shutdown."),
  admin: z.strictObject({
    host: hostName().default("127.0.0.1").describe("Address to bind."),
    port: count(0, 65_535).default(8001)
      .describe("Port to listen on; 0 takes any free one."),
  }).optional().describe(
    "A listener of its own for admins; there is none unless this is there.",
  ),
}).prefault({}).describe("The public listener and its limits.");

// Too short to be guessed is the least that a bearer secret must be.
const KEY_LENGTH = 16;

/** `auth` */
export const auth = z.strictObject({
  api_keys: z.array(z.union([
    secret(KEY_LENGTH),
    z.strictObject({
      name: line(64).describe("Stands for the key in logs and metrics."),
      key: secret(KEY_LENGTH)
        .describe("The secret, 16 characters or more; better ${A_VARIABLE}."),
      ...keyTerms,
    }),
  ])).max(10_000).default([]).describe(
    "The callers' keys: strings, or maps of name and key. At least 16 characters each.",
  ),
  jwt,
}).prefault({}).describe("Who may call.");

/** `http_client` */
export const httpClient = z.strictObject({
  queue_timeout: seconds(120).default(5)
    .describe("Seconds until one of max_connections is free."),
  connect_timeout: seconds(120).default(5)
    .describe("Seconds until the connection stands, TLS included."),
  // Providers queue before they answer.
  header_timeout: seconds(3600).default(60)
    .describe("Seconds from there until the response headers."),
  // Reasoning models think before the first word.
  first_token_timeout: seconds(3600).default(120)
    .describe("Seconds from the headers until the first content."),
  idle_timeout: seconds(3600).default(60)
    .describe(
      "Seconds of silence after content; where pings break it, first_token_timeout counts from the last content.",
    ),
  total_timeout: seconds(86_400).default(600)
    .describe("Seconds for an attempt as a whole."),
  max_response_mb: size(1024).default(64)
    .describe("Largest answer in MiB, counted after decompression."),
  max_connections: count(1, 65_535).default(256)
    .describe(
      "Open connections to one origin; further requests wait queue_timeout.",
    ),
  max_keepalive_connections: count(0, 65_535).default(64)
    .describe("Idle connections kept to one origin."),
  // Shorter than the 60 s after which common front ends close.
  keepalive_expiry: seconds(3600).default(30)
    .describe("Seconds an idle connection is kept."),
}).prefault({}).describe("Timeouts and connections towards every provider.");

/** `logging` */
export const logging = z.strictObject({
  level: z.enum(["debug", "info", "warn", "error"]).default("info")
    .describe("The least that is written."),
  format: z.enum(["json", "text", "auto"]).default("auto")
    .describe("auto is text on a terminal and JSON elsewhere."),
  file: line(4096).optional()
    .describe(
      "The file to write to; standard output where it is left out. Its directory must exist.",
    ),
  rotation: z.strictObject({
    max_size_mb: size(10_240).default(100).describe("Size of a file in MiB."),
    max_files: count(1, 1000).default(5)
      .describe("Files kept, the current one included."),
  }).optional().describe(
    "When a new file is begun; never where it is left out.",
  ),
  module: line(1024).optional()
    .describe(
      "A module that replaces the built-in logger: a path, or npm:, jsr: or file: and so on; needs class.",
    ),
  class: line(128).optional().describe(
    "The export of module to use: a class with debug, info, warn, error and child.",
  ),
  personal_data: z.array(z.enum(PERSONAL_DATA)).max(10).default([])
    .describe(
      "Data on persons that is taken out of logs, traces and the request log.",
    ),
  requests: requestLog,
}).prefault({}).describe("The gateway's own log.");
