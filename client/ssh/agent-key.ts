/** A key of which only an SSH agent has the private half. */

import ssh2, { type BaseAgent, type IdentityCallback, type ParsedKey } from "ssh2";
import { Fault } from "../../base/fault.js";
import { keyNotInAgent } from "../../certs/errors.js";
import { readIdentity } from "../../certs/identity.js";
import type { SshKey } from "./ssh-session.js";

/** The agent with this key alone: a server counts each key that is offered as an attempt. */
class OneKeyAgent extends ssh2.OpenSSHAgent {
  readonly #blob: Buffer;

  constructor(socket: string, blob: Buffer) {
    super(socket);
    this.#blob = blob;
  }

  override getIdentities(done: IdentityCallback<ParsedKey>): void {
    super.getIdentities((error, keys) =>
      done(
        error,
        keys?.filter((key) => "getPublicSSH" in key && key.getPublicSSH().equals(this.#blob)),
      ),
    );
  }
}

/** The key that a file for `ssh -i` gives. @throws Fault (exit status 3) if only an agent could have it, and none has. */
export async function openKey(identity: string, env: NodeJS.ProcessEnv): Promise<SshKey> {
  const key = await readIdentity(identity);
  if (key.kind === "open") return { privateKey: key.privateKey };
  const agent = await agentWith(key.blob, env);
  if (agent === undefined) throw keyNotInAgent(identity, Boolean(env.SSH_AUTH_SOCK));
  return { agent };
}

/** What to say before OpenSSH runs: it may still ask for the passphrase, or know of another agent. */
export async function keyHint(identity: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return openKey(identity, env).then(
    () => undefined,
    (error: unknown) => (error instanceof Fault ? `${error.message}; ${error.hint}` : undefined),
  );
}

/** @param blob the public key in SSH's wire format. @returns undefined if no agent runs, or it lacks the key. */
async function agentWith(blob: Buffer | undefined, env: NodeJS.ProcessEnv): Promise<BaseAgent | undefined> {
  if (!env.SSH_AUTH_SOCK || blob === undefined) return undefined;
  const agent = new OneKeyAgent(env.SSH_AUTH_SOCK, blob);
  const hasKey = await new Promise<boolean>((resolve) =>
    agent.getIdentities((error, keys) => resolve(!error && keys !== undefined && keys.length > 0)),
  );
  return hasKey ? (agent as BaseAgent) : undefined;
}
