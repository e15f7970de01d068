/**
 * Recognises values that look like secrets, by their name or their shape. The guess errs on the side of secrecy, for
 * values that others will be able to read: a suspected secret is left out and named, never shown. A password that is a
 * common word under an innocent name cannot be recognised. Pure.
 */

export type SecretShape =
  | "an AWS access key id"
  | "a private key"
  | "a JSON web token"
  | "a bearer token"
  | "a password in a URL"
  | "a token of a known service"
  | "a secret beside its name"
  | "something long and random";

const SECRET_NAME =
  /secret|token|passw|passphrase|pwd|credential|private(?!ip)|bearer|cookie|signature|clientid|keyid|apikey|accesskey|authorization/;

/** `secret_id`, `clientId`, `API-Key`, `ssl_cert_key`: a name that suggests a secret. */
export function isSecretName(name: string): boolean {
  const numbered = name.replace(/[^A-Za-z]+$/, "");
  return (
    SECRET_NAME.test(name.toLowerCase().replaceAll(/[^a-z0-9]/g, "")) ||
    /(?:^|[^a-z])(?:key|pass|pin)$/i.test(numbered) ||
    /Key$/.test(numbered)
  );
}

// Bounded repetitions keep the matching time short for any text.
const SHAPES: readonly (readonly [SecretShape, RegExp])[] = [
  ["an AWS access key id", /(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}/],
  ["a private key", /-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY/],
  ["a JSON web token", /eyJ[\w-]{5,256}\.[\w-]{5,4096}\./],
  ["a bearer token", /bearer\s+[\w.~+/=-]{8,}/i],
  ["a password in a URL", /:\/\/[^\s/?#@]{0,64}:\S{1,256}@/],
  [
    "a token of a known service",
    /gh[oprsu]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|\bsk[-_][\w-]{20,}|AIza[\w-]{30,}|\bhf_\w{20,}|\bnpm_\w{30,}/,
  ],
];

/** @returns the first shape found anywhere in the text, or undefined. */
export function secretShape(text: string): SecretShape | undefined {
  const known = SHAPES.find(([, pattern]) => pattern.test(text));
  if (known !== undefined) return known[0];
  if (namesSecret(text)) return "a secret beside its name";
  return hasRandomRun(text) ? "something long and random" : undefined;
}

/** `DB_PASSWORD=hunter2`, `"token": "…"`, `--api-key …`. A shell variable (`$NAME`) does not count. */
function namesSecret(text: string): boolean {
  const assigned = text.matchAll(/([\w.-]{1,64})["']?\s{0,8}[=:]\s{0,8}["']?([^\s"'$`,;})\]])/g);
  for (const [, name = ""] of assigned) if (isSecretName(name)) return true;
  const flags = text.matchAll(/(?:^|\s)--?([\w-]{1,64})\s{1,8}["']?(?=[^\s"'$`-])/g);
  for (const [, name = ""] of flags) if (isSecretName(name)) return true;
  return false;
}

function hasRandomRun(text: string): boolean {
  for (const [run] of text.matchAll(/[A-Za-z0-9+/_=-]{20,}/g)) {
    if (/[0-9a-f]{32}/i.test(run) && /[0-9]/.test(run) && /[a-f]/i.test(run)) return true;
    // The length of AWS secret access keys, with more distinct characters than words have.
    if (/^[A-Za-z0-9+/]{40}$/.test(run) && entropy(run) >= 4) return true;
    if (run.split(/[/_=-]+/).some((part) => part.length < 32 && changes(part, 20) >= 0.5)) return true;
    if (changes(run.replaceAll(/[/_=-]/g, ""), 30) >= 0.42) return true;
  }
  return false;
}

/** Shannon entropy, in bits per character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
}

/**
 * The rate at which neighbouring characters differ in kind (upper case, lower case, digit): about 0.64 in random
 * base64, 0.25 in names.
 */
function changes(text: string, least: number): number {
  const kinds = [...text].map((character) => (/[A-Z]/.test(character) ? "A" : /[a-z]/.test(character) ? "a" : "0"));
  if (text.length < least || new Set(kinds).size < 3) return 0;
  return kinds.filter((kind, index) => index > 0 && kind !== kinds[index - 1]).length / (text.length - 1);
}
