/** A session on this terminal through the built-in client, for machines without OpenSSH. */
import { EXIT } from "../../base/fault.js";
import { openKey } from "./agent-key.js";
import { SshSession } from "./ssh-session.js";

export interface BuiltInOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** Path of the private key, or of the public one of a key that an SSH agent has. */
  readonly identity: string;
  /** The only host keys to accept. */
  readonly hostKeys: readonly string[];
  /** Empty for a shell. */
  readonly command: readonly string[];
  readonly signal: AbortSignal;
  /** Names the socket of the SSH agent. */
  readonly env: NodeJS.ProcessEnv;
}

/** @returns the exit status of the command or the shell. */
export async function runBuiltIn({ identity, command, signal, env, ...target }: BuiltInOptions): Promise<number> {
  const session = await SshSession.connect({ ...target, ...(await openKey(identity, env)), signal });
  const { stdin, stdout, stderr } = process;
  try {
    if (command.length === 0) return await session.shell({ stdin, stdout, stderr });
    const { code } = await session.exec(command.join(" "), {
      onStdout: (chunk) => stdout.write(chunk),
      onStderr: (chunk) => stderr.write(chunk),
      stdin,
      signal,
    });
    return code ?? EXIT.failure;
  } finally {
    // If the terminal were still being read, the process would not exit.
    stdin.unpipe();
    stdin.pause();
    session.close();
  }
}
