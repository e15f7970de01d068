/** A key of which only an SSH agent has the private half. */
import { Fault } from "../../base/fault.js";
import { keyNotInAgent } from "../../certs/errors.js";
import { readIdentity } from "../../certs/identity.js";
import { OneKeyAgent } from "./one-key-agent.js";
import type { SshKey } from "./ssh-session.js";

/** The key that a file for `ssh -i` gives. @throws Fault (exit status 3) if only an agent could have it, and none has. */
export async function openKey(identity: string, env: NodeJS.ProcessEnv): Promise<SshKey> {
  const key = await readIdentity(identity);
  if (key.kind === "open") return { privateKey: key.privateKey };
  const { SSH_AUTH_SOCK: agentSocket } = env;
  const publicKey = key.blob;
  if (!agentSocket || publicKey === undefined || !(await new OneKeyAgent(agentSocket, publicKey).hasKey())) {
    throw keyNotInAgent(identity, Boolean(agentSocket));
  }
  return { agentSocket, publicKey };
}

/** What to say before OpenSSH runs: it may still ask for the passphrase, or know of another agent. */
export async function keyHint(identity: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return openKey(identity, env).then(
    () => undefined,
    (error: unknown) => (error instanceof Fault ? `${error.message}; ${error.hint}` : undefined),
  );
}
