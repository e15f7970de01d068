/**
 * What `init_config` and `init_script` add to the boot script, as text. Both travel as base64, so that
 * nothing in them is read by the shell that writes them. Nothing is added where nothing is asked for:
 * a changed byte would replace the machine.
 */
import { createHash } from "node:crypto";
import { shellQuote } from "../../../base/text/shell.js";
import type { InitFiles } from "./init-files.js";

export const INIT_DIR = "/etc/sallyport/init";

/** Before the agent starts. */
export function configBoot({ config }: InitFiles = {}): string[] {
  if (config === undefined) return [];
  return [
    `\
mkdir -p ${INIT_DIR}
put 0644 ${shellQuote(`${INIT_DIR}/${config.name}`)} ${base64(config.text)}
`,
  ];
}

/** After the agent is up. */
export function scriptBoot({ script }: InitFiles = {}): string[] {
  if (script === undefined) return [];
  const digest = createHash("sha256").update(script).digest("hex").slice(0, 12);
  return [
    `\
# init_script: a file and a shell of its own, so that options set here do not hold there. Its mark is
# made before it runs: one that restarts the machine must not run again. Whatever becomes of it, the agent stays up.
run_init_script() {
  local status=0 ran=${INIT_DIR}/ran-${digest}
  if [ -e "$ran" ]; then
    say "init_script has run before"
    return
  fi
  mkdir -p ${INIT_DIR}
  put 0700 ${INIT_DIR}/script ${base64(script)}
  : >"$ran"
  sync
  say "init_script begins"
  /bin/bash ${INIT_DIR}/script </dev/null || status=$?
  if [ "$status" -eq 0 ]; then
    say "init_script done"
  else
    say "error: init_script ended with status $status; the agent is up all the same" >&2
  fi
}
run_init_script
`,
  ];
}

function base64(text: string): string {
  return shellQuote(Buffer.from(text).toString("base64"));
}
