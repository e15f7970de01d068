/** A session on this terminal through the built-in client, for machines without OpenSSH. */
import { readFile } from "node:fs/promises";
import { EXIT } from "../../base/fault.js";
import { privateKeyNeeded } from "../../certs/errors.js";
import { SshSession } from "./ssh-session.js";

export interface BuiltInOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** Path of the private key. */
  readonly identity: string;
  /** The only host keys to accept. */
  readonly hostKeys: readonly string[];
  /** Empty for a shell. */
  readonly command: readonly string[];
  readonly signal: AbortSignal;
}

/** @returns the exit status of the command or the shell. */
export async function runBuiltIn({ identity, command, signal, ...target }: BuiltInOptions): Promise<number> {
  const session = await SshSession.connect({ ...target, privateKey: await readPrivateKey(identity), signal });
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

async function readPrivateKey(identity: string): Promise<Buffer> {
  const text = await readFile(identity);
  if (/^(?:ssh|ecdsa)-/.test(text.toString("latin1", 0, 8))) throw privateKeyNeeded(identity);
  return text;
}
