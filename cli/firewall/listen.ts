/** `HOST:PORT` of `--listen`. */
import * as errors from "./errors.js";

export interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

/** The host must be written: who leaves it out may not mean every address of the machine. */
export function parseListen(text: string): ListenAddress {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
  const address = parts?.[1] ?? parts?.[2];
  const port = Number(parts?.[3]);
  if (address === undefined || port > 65_535) throw errors.badListen(text);
  return { address, port };
}

export function listenText({ address, port }: ListenAddress): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
