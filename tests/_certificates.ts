const FILES = {
  valid: "tls_cert",
  expired: "tls_cert_expired",
  other_name: "tls_cert_other_name",
} as const;

/** A certificate of 127.0.0.1 that signs itself, with its key, both PEM; to be trusted by whoever is to find it valid. */
export function certificate(
  kind: keyof typeof FILES,
): { readonly key: string; readonly cert: string } {
  return { key: pem("tls_key"), cert: pem(FILES[kind]) };
}

function pem(name: string): string {
  return Deno.readTextFileSync(
    new URL(`../core/testdata/${name}.pem`, import.meta.url),
  );
}
