import { assert, assertEquals } from "@std/assert";
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { linesOf, parse, testPem } from "./_config_fixture_test.ts";
import { loadConfig, parseConfig } from "./config.ts";

const CERTIFICATE = testPem("tls_cert");
const OTHER = testPem("tls_cert_other_name");
const KEY = testPem("tls_key");

async function withFiles(
  files: Readonly<Record<string, string>>,
  work: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(directory, name), text);
    }
    await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const env = () => undefined;

/** The key of no certificate. */
function otherKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return String(privateKey.export({ type: "pkcs8", format: "pem" }));
}

Deno.test("loadConfig() reads certificates; a relative path starts at the config", async () => {
  const files = {
    "ca.pem": CERTIFICATE,
    "client.pem": OTHER,
    "client.key": KEY,
    "config.yaml":
      "providers: [{type: mock, ca_file: ca.pem, client_cert_file: ./client.pem, client_key_file: client.key}]",
  };
  await withFiles(files, async (directory) => {
    const result = await loadConfig(join(directory, "config.yaml"), { env });
    assert(result.ok, JSON.stringify(result));
    assertEquals(result.config.providers[0]?.tls, {
      ca: CERTIFICATE,
      cert: OTHER,
      key: KEY,
    });
  });
});

Deno.test("loadConfig() tells where a file is named that can't be used", async () => {
  const files = {
    "none.pem": "hello",
    "broken.pem": CERTIFICATE.replace(/[A-Z]{2}/, "-"),
    "other.key": otherKey(),
    "large.pem": CERTIFICATE + "x".repeat(1024 * 1024),
    "ca.pem": CERTIFICATE,
    "config.yaml": `providers:
  - {type: mock, name: a, ca_file: missing.pem}
  - {type: mock, name: b, ca_file: none.pem}
  - {type: mock, name: c, ca_file: .}
  - {type: mock, name: d, ca_file: large.pem}
  - {type: mock, name: e, client_cert_file: ca.pem, client_key_file: ca.pem}
  - {type: mock, name: f, ca_file: /dev/zero}
  - {type: mock, name: g, enabled: false, ca_file: missing.pem}
  - {type: mock, name: h, client_cert_file: broken.pem, client_key_file: other.key}
  - {type: mock, name: i, client_cert_file: ca.pem, client_key_file: other.key}
`,
  };
  await withFiles(files, async (directory) => {
    const result = await loadConfig(join(directory, "config.yaml"), { env });
    assert(!result.ok);
    assertEquals(
      result.faults.map(({ line, column, message }) =>
        `${line}:${column} ${message}`
      ),
      [
        "2:36 The file does not exist",
        "3:36 The file holds no certificate in PEM form",
        "4:36 Not a file but a directory",
        "5:36 The file is larger than 1 MiB",
        "6:70 The file holds no private key in PEM form without a passphrase",
        "7:36 Not a regular file",
        "9:45 The file holds no certificate in PEM form",
        "10:70 The key is not that of client_cert_file",
      ],
    );
  });
});

Deno.test("parseConfig() reads each file once, and none without a reader", () => {
  const text =
    "providers: [{type: mock, ca_file: /a/ca.pem}, {type: ollama, ca_file: /a/ca.pem}]";
  const read: string[] = [];
  const result = parseConfig(text, {
    file: "config.yaml",
    env,
    readText: (path) => {
      read.push(path);
      return CERTIFICATE;
    },
  });
  assert(result.ok);
  assertEquals(read, ["/a/ca.pem"]);
  const refused = parseConfig(text, { file: "config.yaml", env });
  assert(!refused.ok);
  assertEquals(refused.faults.map(({ message }) => message), [
    "Files cannot be read here",
    "Files cannot be read here",
  ]);
});

Deno.test("parseConfig() refuses a certificate without its key", () => {
  for (
    const [one, other, file] of [
      ["client_cert_file", "client_key_file", "x.pem"],
      ["client_key_file", "client_cert_file", "x.key"],
    ] as const
  ) {
    assertEquals(linesOf(`providers: [{type: mock, ${one}: ${file}}]`), [
      `1:${
        28 + one.length
      } providers[0].${one}: ${one} needs ${other} beside it`,
    ]);
  }
  assert(
    parse(
      "providers: [{type: mock, client_cert_file: x.pem, client_key_file: x.key}]",
    ).ok,
  );
});
