import { createPrivateKey, X509Certificate } from "node:crypto";

/** Whom a client trusts, and as whom it shows itself, all PEM. */
export interface HttpIdentity {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/**
 * Looks whether they can be used, since TLS would pass over some that can't be
 * and show no certificate.
 *
 * @throws {TypeError} when one can't be; the message repeats nothing of it.
 */
export function checkIdentity({ ca, cert, key }: HttpIdentity): void {
  if (ca !== undefined) read("ca", () => new X509Certificate(ca));
  if (cert === undefined && key === undefined) return;
  if (cert === undefined || key === undefined) {
    throw new TypeError(
      "Cannot make an HttpClient: 'cert' and 'key' go together",
    );
  }
  const certificate = read("cert", () => new X509Certificate(cert));
  const own = read("key", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(own)) {
    throw new TypeError(
      "Cannot make an HttpClient: 'key' is not the key of 'cert'",
    );
  }
}

function read<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new TypeError(`Cannot make an HttpClient: '${name}' is not PEM`);
  }
}
