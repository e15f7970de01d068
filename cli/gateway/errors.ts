/** What can be wrong with the flags of `sallyport gateway`. */
import { EXIT, Fault, quote } from "../../base/fault.js";

const usage = (code: string, message: string, hint: string) =>
  new Fault(`cli/${code}`, message, { hint, exit: EXIT.usage });

export const badUser = (name: string) =>
  usage(
    "bad-user",
    `--user is ${quote(name)}`,
    "write 1 to 64 letters, digits and . _ @ + -, beginning with a letter or digit",
  );

export const badScope = (scope: string, known: readonly string[]) =>
  usage("bad-scope", `--scope has ${quote(scope)}`, `write one or more of ${known.join(", ")}`);

export const badAddress = (address: string) =>
  usage("bad-address", `--client-ip is ${quote(address)}`, "write an IPv4 or IPv6 address");
