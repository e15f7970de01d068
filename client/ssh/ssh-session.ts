/** An SSH connection from this process to a host with known keys. */

import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Readable } from "node:stream";
import { Client, type ClientChannel, type ConnectConfig, type SFTPWrapper } from "ssh2";
import { Fault } from "../../base/fault.js";
import { errorText } from "../../base/text/error-text.js";
import * as errors from "../errors.js";
import { algorithmsFor, fingerprint, type HostKey, isPinned, parseHostKey } from "./host-key.js";
import { OneKeyAgent } from "./one-key-agent.js";

/** The private key in PEM or OpenSSH format, unencrypted; or the public one, in SSH's wire format, of a key that an agent has. */
export type SshKey =
  | { readonly privateKey: string | Buffer }
  | { readonly agentSocket: string; readonly publicKey: Buffer };

export type SshOptions = SshKey & {
  readonly host: string;
  /** @default 22 */
  readonly port?: number;
  readonly username: string;
  /** OpenSSH public key lines; the host must show one of them. None is trusted on first use. */
  readonly hostKeys: readonly string[];
  /** Milliseconds until the session is established. @default 15000 */
  readonly connectTimeout?: number;
  readonly signal?: AbortSignal;
};

export interface ExecOptions {
  /** Receives the output as it arrives; `stdout` of the result is then empty. */
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  /** Standard input of the command. @default - empty */
  readonly stdin?: Readable | string;
  readonly signal?: AbortSignal;
}

export interface ShellOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export interface ExecResult {
  /** Undefined if a signal ended the command. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ForwardOptions {
  /** @default 0: any free port */
  readonly localPort?: number;
  /** The target's address from the host's point of view. @default "127.0.0.1" */
  readonly remoteHost?: string;
  readonly remotePort: number;
}

export interface Forward {
  /** The port on 127.0.0.1. */
  readonly port: number;
  close(): Promise<void>;
}

export interface Sftp {
  put(localFile: string, remoteFile: string, onProgress?: (done: number, total: number) => void): Promise<void>;
  get(remoteFile: string, localFile: string, onProgress?: (done: number, total: number) => void): Promise<void>;
  close(): void;
}

/**
 * @example
 * const { ssh_host_keys } = await client.host();
 * const session = await SshSession.connect({
 *   host: "203.0.113.7", username: "ubuntu", privateKey, hostKeys: ssh_host_keys,
 * });
 * const { stdout } = await session.exec("uname -a");
 * session.close();
 */
export class SshSession {
  readonly #client: Client;
  readonly #at: string;
  readonly #forwards = new Set<Forward>();

  private constructor(client: Client, at: string) {
    this.#client = client;
    this.#at = at;
  }

  /** Connects, verifies the host key, and only then authenticates. */
  static async connect(options: SshOptions): Promise<SshSession> {
    const { host, port = 22, signal } = options;
    const at = errors.endpoint(host, port);
    const keys = options.hostKeys.map(parseHostKey);
    if (keys.length === 0) throw errors.noHostKeys(at);
    if (signal?.aborted === true) throw errors.aborted(signal.reason);
    const client = new Client();
    let onAbort = () => {};
    await new Promise<void>((resolve, reject) => {
      let shown: Buffer | undefined;
      onAbort = () => reject(errors.aborted(signal?.reason));
      signal?.addEventListener("abort", onAbort, { once: true });
      client.once("ready", resolve);
      // This listener stays for the whole session: a later error ends the open channels, which report it.
      client.on("error", (error) => reject(connectFault(error, at, options.username, shown, keys)));
      client.once("close", () => reject(errors.broken(at, "it was closed before the session was there")));
      client.connect(
        settings(options, keys, (key) => {
          shown = key;
          return isPinned(key, keys);
        }),
      );
    })
      .catch((error) => {
        client.destroy();
        throw error;
      })
      .finally(() => signal?.removeEventListener("abort", onAbort));
    return new SshSession(client, at);
  }

  /** Runs a command in the user's shell and waits for its end. A non-zero exit status is a result, not an error. */
  async exec(command: string, options: ExecOptions = {}): Promise<ExecResult> {
    const channel = await this.#call<ClientChannel>((done) => this.#client.exec(command, done));
    return finish(channel, options, this.#at);
  }

  /** An interactive shell on this terminal, for machines without `ssh`. @returns its exit status. */
  async shell({ stdin, stdout, stderr }: ShellOptions): Promise<number> {
    const size = () => ({ rows: stdout.rows ?? 24, cols: stdout.columns ?? 80 });
    const channel = await this.#call<ClientChannel>((done) =>
      this.#client.shell({ term: process.env.TERM ?? "xterm", ...size() }, done),
    );
    const resize = () => channel.setWindow(size().rows, size().cols, 0, 0);
    stdout.on("resize", resize);
    if (stdin.isTTY) stdin.setRawMode(true);
    try {
      const { code } = await finish(
        channel,
        { stdin, onStdout: (chunk) => stdout.write(chunk), onStderr: (chunk) => stderr.write(chunk) },
        this.#at,
      );
      return code ?? 1;
    } finally {
      stdout.removeListener("resize", resize);
      if (stdin.isTTY) stdin.setRawMode(false);
      stdin.unpipe();
      stdin.pause();
    }
  }

  async sftp(): Promise<Sftp> {
    const sftp = await this.#call<SFTPWrapper>((done) => this.#client.sftp(done));
    const step = (onProgress?: (done: number, total: number) => void) =>
      onProgress === undefined
        ? {}
        : { step: (done: number, _chunk: number, total: number) => onProgress(done, total) };
    return {
      put: (localFile, remoteFile, onProgress) =>
        this.#call<void>((done) => sftp.fastPut(localFile, remoteFile, step(onProgress), done)),
      get: (remoteFile, localFile, onProgress) =>
        this.#call<void>((done) => sftp.fastGet(remoteFile, localFile, step(onProgress), done)),
      close: () => sftp.end(),
    };
  }

  /** Listens on 127.0.0.1 and forwards each connection to a port that the host can reach. */
  async forward(options: ForwardOptions): Promise<Forward> {
    const { localPort = 0, remoteHost = "127.0.0.1", remotePort } = options;
    const open = new Set<Socket>();
    // Half-open, so that a program may close its sending side and still read the reply.
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
      socket.on("error", () => socket.destroy());
      this.#client.forwardOut("127.0.0.1", socket.remotePort ?? 0, remoteHost, remotePort, (error, channel) => {
        if (error !== undefined && error !== null) return socket.destroy();
        channel.on("error", () => socket.destroy());
        channel.once("close", () => socket.destroy());
        socket.once("close", () => channel.close());
        socket.pipe(channel).pipe(socket);
      });
    });
    const port = await listen(server, localPort);
    const forward: Forward = {
      port,
      close: () => {
        this.#forwards.delete(forward);
        for (const socket of open) socket.destroy();
        return new Promise((resolve) => server.close(() => resolve()));
      },
    };
    this.#forwards.add(forward);
    return forward;
  }

  /** Ends the session and its forwards. */
  close(): void {
    for (const forward of this.#forwards) void forward.close();
    this.#client.end();
  }

  /** Turns a call of ssh2 into a promise, which also settles when the connection breaks. */
  #call<T>(start: (done: (error: Error | null | undefined, value: T) => void) => unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      const onClose = () => reject(errors.broken(this.#at, "the session is closed"));
      this.#client.once("close", onClose);
      const settle = () => this.#client.removeListener("close", onClose);
      try {
        start((error, value) => {
          settle();
          if (error === undefined || error === null) resolve(value);
          else reject(errors.sshFailed(this.#at, error.message, error));
        });
      } catch (error) {
        settle();
        reject(errors.sshFailed(this.#at, errorText(error), error));
      }
    });
  }
}

function settings(
  options: SshOptions,
  keys: readonly HostKey[],
  hostVerifier: (key: Buffer) => boolean,
): ConnectConfig {
  return {
    host: options.host,
    port: options.port ?? 22,
    username: options.username,
    ...("agentSocket" in options
      ? { agent: new OneKeyAgent(options.agentSocket, options.publicKey), authHandler: ["agent"] }
      : { privateKey: options.privateKey, authHandler: ["publickey"] }),
    readyTimeout: options.connectTimeout ?? 15_000,
    keepaliveInterval: 15_000,
    // ssh2 types its algorithm names as literals; ours come from the keys.
    algorithms: { serverHostKey: algorithmsFor(keys) as NonNullable<ConnectConfig["algorithms"]>["serverHostKey"] },
    hostVerifier,
  } as ConnectConfig;
}

function connectFault(
  error: Error & { level?: string; code?: string },
  at: string,
  username: string,
  shown: Buffer | undefined,
  keys: readonly HostKey[],
): Fault {
  if (shown !== undefined && !isPinned(shown, keys)) return errors.hostKeyUnknown(at, fingerprint(shown));
  if (error.level === "client-authentication") return errors.sshDenied(at, username, error);
  if (error.level === "client-timeout") return errors.sshFailed(at, "it did not answer in time", error);
  if (error.code === "ECONNREFUSED") return errors.refused(at, error);
  return errors.sshFailed(at, error.message, error);
}

function finish(channel: ClientChannel, options: ExecOptions, at: string): Promise<ExecResult> {
  const { onStdout, onStderr, stdin, signal } = options;
  const output: Buffer[] = [];
  const complaints: Buffer[] = [];
  return new Promise((resolve, reject) => {
    let ended: { code: number | undefined; signal: string | undefined } | undefined;
    const onAbort = () => {
      channel.signal("TERM");
      channel.close();
      reject(errors.aborted(signal?.reason));
    };
    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    channel.on("data", (chunk: Buffer) => (onStdout === undefined ? output.push(chunk) : onStdout(chunk)));
    channel.stderr.on("data", (chunk: Buffer) => (onStderr === undefined ? complaints.push(chunk) : onStderr(chunk)));
    channel.on("exit", (code: number | null, name?: string) => {
      ended = { code: code ?? undefined, signal: name };
    });
    channel.once("error", (error: Error) => reject(errors.sshFailed(at, error.message, error)));
    channel.once("close", () => {
      signal?.removeEventListener("abort", onAbort);
      if (ended === undefined) return reject(errors.broken(at, "the command's end was not told"));
      const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString("utf8");
      resolve({ ...ended, stdout: text(output), stderr: text(complaints) });
    });
    if (stdin === undefined || typeof stdin === "string") channel.end(stdin);
    else stdin.pipe(channel);
  });
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      reject(new Fault("client/port-taken", `cannot listen on port ${port}: ${error.message}`, { cause: error }));
    });
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
