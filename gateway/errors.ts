/** Faults that end the gateway before it serves. */
import { defined } from "../base/defined.js";
import { EXIT, Fault, quote } from "../base/fault.js";
import { errorText } from "../base/text/error-text.js";

const usage = (code: string, message: string, hint?: string) =>
  new Fault(`gateway/${code}`, message, defined({ exit: EXIT.usage, hint }));

export const badSetting = (file: string, key: string, value: unknown, expected: string) =>
  usage("bad-value", `${key} in ${quote(file)} is ${quote(value)}`, `write ${expected}`);

export const noKeySource = (file: string) =>
  usage(
    "no-key-source",
    `auth in ${quote(file)} names no key to verify tokens with`,
    'add "key:" (a file made by "sallyport gateway token"), "jwks_url:" or "vlab_url:"',
  );

export const weakKey = (key: string, reason: string) =>
  usage("weak-key", `${key} ${reason}`, 'let "sallyport gateway token --key FILE" make one');

export const keyOutOfReach = (url: string, cause: unknown) =>
  new Fault("gateway/key-out-of-reach", `the key at ${quote(url)} cannot be fetched: ${errorText(cause)}`, {
    hint: "check the URL, and that its certificate is one that this machine trusts (NODE_EXTRA_CA_CERTS)",
    cause,
  });

export const badRemoteKey = (url: string, reason: string) =>
  new Fault("gateway/bad-key", `the key at ${quote(url)} is refused: ${reason}`, {
    hint: "set up a proper key there",
  });

export const noInterface = (key: string, name: string, known: readonly string[]) =>
  usage("no-interface", `${key} is ${quote(name)}: this machine has no such interface`, `it has ${known.join(", ")}`);

export const noAddress = (wan: string) =>
  usage(
    "no-address",
    `wan is ${quote(wan)}: this interface is down, or has no address for clients to connect to`,
    'bring it up and give it one, or write "public_address:"',
  );

export const badLogTarget = (target: string) =>
  usage(
    "bad-log-target",
    `log.target is ${quote(target)}`,
    "write syslog+tls://HOST:PORT, nats+tls://HOST:PORT/SUBJECT or https://HOST/PATH (http:// and nats:// only to this machine)",
  );

export const badLogKey = (file: string) =>
  usage("bad-log-key", `${quote(file)} holds no Fernet key`, "write 32 random bytes in URL-safe base64 into it");
