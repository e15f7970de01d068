/**
 * Renders the effect of `init_config` and `init_script` on the boot script. Both travel as base64, so the shell that
 * writes them interprets nothing in them. Without these options nothing is added: a changed byte would replace the
 * machine.
 */
import { createHash } from "node:crypto";
import { shellQuote } from "../../../base/text/shell.js";
import { bootPart } from "../part.js";
import { base64 } from "../user-data.js";
import type { InitFiles } from "./init-files.js";

const INIT_DIR = "/etc/sallyport/init";

/** Runs before the agent starts. */
export function configBoot({ config }: InitFiles = {}): string[] {
  if (config === undefined) return [];
  const words = { PATH: shellQuote(`${INIT_DIR}/${config.name}`), CONTENT: shellQuote(base64(config.text)) };
  return [bootPart("init-config", words)];
}

/** Runs after the agent is up. */
export function scriptBoot({ script }: InitFiles = {}): string[] {
  if (script === undefined) return [];
  const digest = createHash("sha256").update(script).digest("hex").slice(0, 12);
  return [bootPart("init-script", { DIGEST: digest, SCRIPT: shellQuote(base64(script)) })];
}
