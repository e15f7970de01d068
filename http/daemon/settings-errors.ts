/** Faults of a daemon's settings and the files they name. `room` is the prefix of the code. */

import { defined } from "../../base/defined.js";
import { EXIT, Fault, quote } from "../../base/fault.js";

const usage = (code: string, message: string, hint?: string) =>
  new Fault(code, message, defined({ exit: EXIT.usage, hint }));

export const settingsMissing = (room: string, file: string) =>
  usage(`${room}/config-missing`, `there is no configuration file ${quote(file)}`, "name one with --config FILE");

export const settingsUnreadable = (room: string, file: string, reason: string) =>
  usage(`${room}/config-unreadable`, `configuration file ${quote(file)} cannot be read (${reason})`);

export const malformed = (room: string, file: string, line: number, reason: string) =>
  usage(`${room}/config-malformed`, `${quote(file)} line ${line} is not YAML: ${reason}`);

export const unknownKey = (
  room: string,
  file: string,
  key: string,
  near: string | undefined,
  known: readonly string[],
) =>
  usage(
    `${room}/unknown-key`,
    `unknown key ${quote(key)} in ${quote(file)}`,
    near === undefined ? `known keys here: ${known.join(", ")}` : `did you mean ${quote(near)}?`,
  );

export const badValue = (room: string, file: string, key: string, value: unknown, expected: string) =>
  usage(`${room}/bad-value`, `${key} in ${quote(file)} is ${quote(value)}`, `write ${expected}`);

export const missingKey = (room: string, file: string, key: string) =>
  usage(`${room}/missing-key`, `${quote(file)} has no ${quote(key)}`, `add "${key}:"`);

export const noCredentialsDirectory = (room: string, reference: string) =>
  usage(
    `${room}/no-credentials-directory`,
    `${quote(reference)} names a systemd credential, but CREDENTIALS_DIRECTORY is not set`,
    "run under the systemd unit (LoadCredential=), or write the path of a file",
  );

export const noHome = (room: string, path: string) =>
  usage(`${room}/no-home`, `${quote(path)} begins with "~", but HOME is not set`, "write an absolute path");

export const relativePath = (room: string, key: string, path: string) =>
  usage(
    `${room}/relative-path`,
    `${key} is ${quote(path)}, which is a relative path`,
    'write a path from "/" or from "~/"',
  );

export const secretMissing = (room: string, key: string, path: string) =>
  usage(`${room}/secret-missing`, `${key}: there is no file ${quote(path)}`);

export const secretUnreadable = (room: string, key: string, path: string, reason: string) =>
  usage(
    `${room}/secret-unreadable`,
    `${key}: ${quote(path)} cannot be read (${reason})`,
    `make it readable for the user that the ${room} runs as`,
  );
