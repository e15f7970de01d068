/** Faults that end the mirror or keep it from starting. */

import { defined } from "../base/defined.js";
import { EXIT, Fault, quote } from "../base/fault.js";

const usage = (code: string, message: string, hint?: string) =>
  new Fault(`mirror/${code}`, message, defined({ exit: EXIT.usage, hint }));

export const badSetting = (file: string, key: string, value: unknown, expected: string) =>
  usage("bad-value", `${key} in ${quote(file)} is ${quote(value)}`, `write ${expected}`);

export const needsTls = (address: string) =>
  usage(
    "needs-tls",
    `plain HTTP on ${quote(address)} would show tokens and packages to the network`,
    'add "tls:" with a certificate and its key, or listen on 127.0.0.1',
  );

export const emulatorNotLocal = (address: string) =>
  usage(
    "emulator-not-local",
    `an emulator accepts any credentials, and other machines can reach ${quote(address)}`,
    "listen on 127.0.0.1 or ::1, or leave --emulator out",
  );

export const needsUrl = (address: string) =>
  usage(
    "needs-url",
    `clients cannot connect to ${quote(address)}`,
    'add "url:" with the address that clients use: https://mirror.example.com:8642',
  );

export const badConnection = (text: string) =>
  usage(
    "bad-connection",
    `${quote(text)} names no external connection`,
    "write NAME=URL or NAME=DIRECTORY, such as public:pypi=/srv/wheels",
  );

export const certWithoutKey = () =>
  usage("cert-without-key", "a certificate and its key go together", "give both --cert and --key");

export const directoryHeld = (dir: string, pid: number) =>
  new Fault("mirror/directory-held", `another mirror (process ${pid}) uses ${quote(dir)}`, {
    exit: EXIT.conflict,
    hint: "stop that mirror first, or name another directory",
  });

export const keysTooOpen = (file: string, mode: string) =>
  usage("keys-too-open", `access keys ${quote(file)} have mode ${mode}`, `chmod 600 ${file}`);

export const badKeys = (file: string, line: number, reason: string) =>
  usage("bad-keys", `${quote(file)} line ${line}: ${reason}`);

export const noKeys = (file: string) =>
  usage("no-keys", `there is no access key in ${quote(file)}`, "write it like ~/.aws/credentials");
