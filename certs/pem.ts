/** PEM text as blocks. Only what this file recognises ever leaves in a shared certificate. */

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

/** The blocks of text labelled `CERTIFICATE`, in order, without what stands around them. */
export function certificateBlocks(text: string): string[] {
  return [...text.matchAll(BLOCK)].filter(([, label]) => label === "CERTIFICATE").map(([block]) => `${block}\n`);
}

/**
 * Whether the text holds a private key in any armour people keep them in: PKCS#1, PKCS#8 (also
 * encrypted), SEC1, OpenSSH, PuTTY, SSH.com. Broken or half-pasted armour counts: better one
 * refusal too many.
 */
export function holdsPrivateKey(text: string): boolean {
  return /PRIVATE KEY-{2,}|-{2,}\s*BEGIN[^\n]*PRIVATE|PuTTY-User-Key-File|Private-Lines:|SSH2 ENCRYPTED/i.test(text);
}
