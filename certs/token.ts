/** The bearer token that guards an agent: 32 random bytes, stored like a private key. */
import { randomBytes } from "node:crypto";
import { isBearerToken } from "../base/text/bearer-token.js";
import { badToken } from "./errors.js";
import { createNew, isTaken, readPrivate } from "./files.js";

/** The token file at `path`, created if missing. */
export async function ensureToken(path: string): Promise<{ path: string; created: boolean }> {
  if (!(await isTaken(path))) {
    // There is no newline at the end, because Terraform's file() passes the content on byte for byte.
    if (await createNew("token file", path, randomBytes(32).toString("base64url"), 0o600))
      return { path, created: true };
  }
  await readToken(path);
  return { path, created: false };
}

export async function readToken(path: string): Promise<string> {
  const token = (await readPrivate("token file", path, "deploy once to have it made, or check auth_token_file")).trim();
  if (!isBearerToken(token)) throw badToken(path);
  return token;
}
