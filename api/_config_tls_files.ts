import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Data } from "./_config_data.ts";
import type { PathProblem } from "./_config_issues.ts";
import type { ConfigSources } from "./_config_sources.ts";
import type { TlsMaterial } from "./config_types_provider.ts";

const FILES = [
  ["ca_file", "ca"],
  ["client_cert_file", "cert"],
  ["client_key_file", "key"],
] as const;

/** What {@linkcode checkTlsFiles} needs. */
export interface CheckTlsOptions {
  readonly sources: ConfigSources;
  readonly problems: PathProblem[];
  /** The path of the provider. */
  readonly path: readonly (string | number)[];
}

/** Notes files that can't be read or used, so that no first request finds out. */
export function checkTlsFiles(
  provider: Data,
  { sources, problems, path }: CheckTlsOptions,
): void {
  const note = (key: string, message: string): void => {
    problems.push({ path: [...path, key], message });
  };
  const { client_cert_file: certFile, client_key_file: keyFile } = provider;
  if (certFile !== undefined && keyFile === undefined) {
    note(
      "client_cert_file",
      "client_cert_file needs client_key_file beside it",
    );
  }
  if (keyFile !== undefined && certFile === undefined) {
    note("client_key_file", "client_key_file needs client_cert_file beside it");
  }
  for (const [key] of provider.enabled === false ? [] : FILES) {
    const file = provider[key];
    const read = typeof file === "string" ? sources.readFile(file) : undefined;
    if (read !== undefined && "message" in read) note(key, read.message);
  }
  const { ca, cert, key } = readTlsFiles(provider, sources);
  const noCertificate = "The file holds no certificate in PEM form";
  if (
    ca !== undefined && attempt(() => new X509Certificate(ca)) === undefined
  ) {
    note("ca_file", noCertificate);
  }
  const shown = cert && attempt(() => new X509Certificate(cert));
  if (cert !== undefined && !shown) note("client_cert_file", noCertificate);
  const own = key && attempt(() => createPrivateKey(key));
  if (key !== undefined && !own) {
    note(
      "client_key_file",
      "The file holds no private key in PEM form without a passphrase",
    );
  }
  if (shown && own && !shown.checkPrivateKey(own)) {
    note("client_key_file", "The key is not that of client_cert_file");
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** What the files of a provider hold; nothing of one that is off. */
export function readTlsFiles(
  provider: Data,
  { readFile }: ConfigSources,
): TlsMaterial {
  const material: Partial<Record<keyof TlsMaterial, string>> = {};
  for (const [key, as] of provider.enabled === false ? [] : FILES) {
    const file = provider[key];
    const read = typeof file === "string" ? readFile(file) : undefined;
    if (read !== undefined && "text" in read) material[as] = read.text;
  }
  return material;
}
