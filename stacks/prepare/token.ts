import { ensureToken, readToken } from "../../certs/token.js";
import type { Config } from "../../config/load.js";
import type { SecretFile } from "../constructs/host-secrets.js";
import type { PrepareOptions } from "./options.js";
import { secretFile } from "./secret-file.js";

/** @returns undefined if the agents require no token. */
export async function prepareToken(
  config: Pick<Config, "auth" | "auth_token_file">,
  { onStep, create = true }: Pick<PrepareOptions, "onStep" | "create">,
): Promise<SecretFile | undefined> {
  if (config.auth === "none") {
    onStep?.("auth is none: whoever the firewall lets in may read and write");
    return undefined;
  }
  const created = create && (await ensureToken(config.auth_token_file)).created;
  // Also refuses a file that is empty or has wide permissions, before it goes to the hosts.
  await readToken(config.auth_token_file);
  onStep?.(`agent token ${config.auth_token_file} (${created ? "created" : "existing"})`);
  return secretFile(config.auth_token_file);
}
