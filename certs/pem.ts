/** PEM text as blocks. A shared certificate contains only what this file recognises. */

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

/** The blocks labelled `CERTIFICATE`, in order, without the text around them. */
export function certificateBlocks(text: string): string[] {
  return [...text.matchAll(BLOCK)].filter(([, label]) => label === "CERTIFICATE").map(([block]) => `${block}\n`);
}

/**
 * Whether the text holds a private key in any common format: PKCS#1, PKCS#8 (also encrypted), SEC1, OpenSSH, PuTTY or
 * SSH.com. A broken or truncated block counts too: a false alarm is better than a leaked key.
 */
export function holdsPrivateKey(text: string): boolean {
  return /PRIVATE KEY-{2,}|-{2,}\s*BEGIN[^\n]*PRIVATE|PuTTY-User-Key-File|Private-Lines:|SSH2 ENCRYPTED/i.test(text);
}
