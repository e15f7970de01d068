/** `HOST:PORT` of `--listen`. */

import { EXIT, Fault, quote } from "../../base/fault.js";
import { hostInUrl } from "../../net/address.js";

export interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

/** The host is required: leaving it out may not mean every address of the machine. */
export function parseListen(text: string): ListenAddress {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
  const address = parts?.[1] ?? parts?.[2];
  const port = Number(parts?.[3]);
  if (address === undefined || port > 65_535) throw badListen(text);
  return { address, port };
}

export function listenText({ address, port }: ListenAddress): string {
  return `${hostInUrl(address)}:${port}`;
}

const badListen = (text: string): Fault =>
  new Fault("cli/bad-listen", `${quote(text)} is no address to listen on`, {
    hint: 'write for example "127.0.0.1:9464" or "[::]:8443"',
    exit: EXIT.usage,
  });
