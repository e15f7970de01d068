// Fetches a URL and trusts one certificate only: node trust-one.mjs URL CERTIFICATE [any-name]
import { readFileSync } from "node:fs";
import { get } from "node:https";

const [url, certificate, anyName] = process.argv.slice(2);
get(url, {
  ca: readFileSync(certificate),
  // Only for a certificate made out to "*": no host has that name, the certificate itself is the identity.
  ...(anyName === undefined ? {} : { checkServerIdentity: () => undefined }),
}).on("response", (response) => response.pipe(process.stdout));
