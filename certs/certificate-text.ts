/**
 * Prints certificates, keys and findings. A certificate may carry any text as a name, so control characters are
 * escaped.
 */
import { escapeControls } from "../base/text/escape.js";
import type { Finding } from "./check.js";
import type { CertificateFacts } from "./inspect.js";
import type { KeyPair } from "./key-pair.js";

export function certificateLines(facts: CertificateFacts): string[] {
  return [
    `common name  ${escapeControls(facts.commonName)}`,
    `names        ${escapeControls([...facts.dnsNames, ...facts.ipNames].join(", "))}`,
    `valid        ${facts.notBefore.toISOString().slice(0, 10)} to ${facts.notAfter.toISOString().slice(0, 10)}`,
    `SHA-256      ${facts.fingerprint256}`,
  ];
}

export function keyPairLines(pair: KeyPair): string[] {
  return [
    `type         ${pair.type}`,
    `fingerprint  ${pair.fingerprint}`,
    `public key   ${pair.publicPath}`,
    pair.publicKey,
  ];
}

const MARKS = { ok: "ok      ", note: "note    ", problem: "PROBLEM " } as const;

export function findingText({ verdict, message, hint }: Finding): string {
  const line = `${MARKS[verdict]} ${message}`;
  return hint === undefined ? line : `${line}\n         ${hint}`;
}
