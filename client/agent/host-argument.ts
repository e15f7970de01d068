/** `HOST`, `HOST:PORT` and `HOST:DIR/PATH` as users write them, and the two ends of a transfer. */
import { stat } from "node:fs/promises";
import { isIP } from "node:net";
import { basename, join } from "node:path";
import { EXIT, Fault, quote, usageFaults } from "../../base/fault.js";

export interface HostArgument {
  readonly host: string;
  readonly port: number | undefined;
  /** Undefined if only a host was written. */
  readonly path: string | undefined;
}

const usage = usageFaults("cli");

/** Splits `HOST`, `HOST:PORT`, `[IPV6]:PORT`, each with an optional `:DIR/PATH`. Pure. */
export function parseHostArgument(text: string): HostArgument {
  if (isIP(text) === 6) return { host: text, port: undefined, path: undefined };
  const parts = /^(?:\[([^\]]+)\]|([^:/[\]\s]+))(?::([0-9]{1,5})(?=:|$))?(?::(.*))?$/su.exec(text);
  const host = parts?.[1] ?? parts?.[2];
  if (host === undefined || host.startsWith("-") || text.includes("://")) throw badHost(text);
  return { host, port: parsePort(parts?.[3], text), path: parts?.[4] };
}

/** @param from the text that the port is part of, for the fault */
export function parsePort(text: string | undefined, from: string): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^[0-9]{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new Fault("cli/bad-port", `port ${quote(text)} in ${quote(from)} is not a number from 1 to 65535`, {
    exit: EXIT.usage,
  });
}

/** The path in `HOST:DIR/PATH`. @throws Fault if there is none */
export function remotePathIn(text: string): string {
  const { path } = parseHostArgument(text);
  if (path !== undefined && path !== "") return path;
  throw usage(
    "no-remote-path",
    `${quote(text)} names no file`,
    'write HOST:DIR/PATH, as in "accelerator-1:shared/data.bin"',
  );
}

/** The local file for a download: a directory takes the remote file's name. */
export async function downloadTo(local: string, path: string): Promise<string> {
  const isDirectory = await stat(local).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isDirectory ? join(local, basename(path)) : local;
}

/** The remote path of an upload: `shared` and `shared/in/` take the local file's name. @param local a path, or `-` */
export function uploadTo(path: string, local: string): string {
  const keepsName = path.endsWith("/") || !path.includes("/");
  if (!keepsName) return path;
  if (local !== "-") return `${path.replace(/\/+$/, "")}/${basename(local)}`;
  throw usage(
    "no-remote-name",
    `stdin has no file name to use in ${quote(path)}`,
    "write the whole path, as in HOST:shared/data.bin",
  );
}

const badHost = (text: string) =>
  usage(
    "bad-host",
    `${quote(text)} is not a host`,
    'write the name of a deployed host, "203.0.113.7", "host.example:8443" or "[2001:db8::7]:8443"',
  );
