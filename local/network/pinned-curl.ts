/** A request by curl with a raw path and the server's key pinned to a certificate's. */
import { createHash, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { defined } from "../../base/defined.js";
import type { Place } from "../machine/place.js";
import { expectThat } from "../scenarios/steps.js";

export interface PinnedCurl {
  readonly place: Place;
  readonly env: Readonly<Record<string, string>>;
  readonly url: string;
  /** Path of the certificate in PEM. */
  readonly certificate: string;
  readonly token?: string;
  /** @default GET */
  readonly method?: string;
  readonly signal?: AbortSignal;
}

export async function pinnedCurl(options: PinnedCurl): Promise<{ status: string; body: string }> {
  const { place, env, url, certificate, token, method, signal } = options;
  const lines = [
    `url = "${url}"`,
    ...(method === undefined ? [] : [`request = "${method}"`]),
    "path-as-is",
    "silent",
    "max-time = 20",
    // A certificate for "*" names no address, so curl can only pin its key.
    "insecure",
    `pinnedpubkey = "sha256//${await publicKeyPin(certificate)}"`,
    `write-out = "\\n%{http_code}"`,
    // On standard input, because every user of the machine can read arguments.
    ...(token === undefined ? [] : [`header = "Authorization: Bearer ${token}"`]),
  ];
  const { stdout, exitCode } = await place.run(
    "curl",
    ["--config", "-"],
    defined({
      input: `${lines.join("\n")}\n`,
      env,
      inheritEnv: false,
      signal,
    }),
  );
  expectThat(exitCode === 0, `curl ended with status ${exitCode}`);
  const cut = stdout.lastIndexOf("\n");
  return { status: stdout.slice(cut + 1), body: stdout.slice(0, cut) };
}

async function publicKeyPin(file: string): Promise<string> {
  const certificate = new X509Certificate(await readFile(file));
  return createHash("sha256")
    .update(certificate.publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");
}
