/**
 * Access keys in a file of the form of ~/.aws/credentials, so that the AWS CLI can read it too
 * (AWS_SHARED_CREDENTIALS_FILE). A section is a caller. Two settings are our own: `sallyport_role` (read, publish or
 * admin; default read) and `expiration`, the ISO 8601 time at which the access key ends.
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { defined } from "../../../base/defined.js";
import { createExclusive } from "../../../base/fs/atomic.js";
import { badKeys, keysTooOpen, noKeys } from "../../errors.js";
import { ROLES, type Role } from "./caller.js";
import type { Secret } from "./sigv4.js";

interface AccessKey extends Secret {
  readonly id: string;
  /** The section's name. */
  readonly name: string;
  readonly role: Role;
}

export type AccessKeys = ReadonlyMap<string, AccessKey>;

/** By id. @throws Fault if other users can read the file, or its content is wrong. */
export async function loadAccessKeys(file: string): Promise<AccessKeys> {
  const handle = await open(file, constants.O_RDONLY);
  try {
    const { mode } = await handle.stat();
    if ((mode & 0o077) !== 0) throw keysTooOpen(file, (mode & 0o777).toString(8).padStart(4, "0"));
    return parseAccessKeys(await handle.readFile("utf8"), file);
  } finally {
    await handle.close();
  }
}

/** Creates a file with one admin key, unless the file exists. @returns whether it did. */
export function makeAccessKeys(file: string, region: string): Promise<boolean> {
  const id = `AKIA${base32(10)}`;
  const lines = [
    "[sallyport-mirror]",
    `aws_access_key_id = ${id}`,
    `aws_secret_access_key = ${randomBytes(30).toString("base64url")}`,
    `region = ${region}`,
    "sallyport_role = admin",
  ];
  return createExclusive(file, `${lines.join("\n")}\n`, 0o600);
}

interface Section {
  readonly line: number;
  readonly name: string;
  readonly values: Map<string, string>;
}

/** @param file for faults, which never show a value. */
export function parseAccessKeys(source: string, file: string): AccessKeys {
  const sections: Section[] = [];
  for (const [index, raw] of source.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const name = /^\[\s*([\w.@+=,-]{1,64})\s*\]$/.exec(line)?.[1];
    const equals = line.indexOf("=");
    const section = sections.at(-1);
    if (name !== undefined) sections.push({ line: index + 1, name, values: new Map() });
    else if (section === undefined || equals < 1) throw badKeys(file, index + 1, "neither [NAME] nor KEY = VALUE");
    else section.values.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
  }
  const keys = new Map<string, AccessKey>();
  for (const section of sections) {
    const key = keyOf(section, file);
    if (keys.has(key.id)) throw badKeys(file, section.line, "another section has the same aws_access_key_id");
    keys.set(key.id, key);
  }
  if (keys.size === 0) throw noKeys(file);
  return keys;
}

function keyOf({ line, name, values }: Section, file: string): AccessKey {
  const id = values.get("aws_access_key_id") ?? "";
  const secret = values.get("aws_secret_access_key") ?? "";
  const role = values.get("sallyport_role") ?? "read";
  const ends = values.get("expiration");
  const sessionToken = values.get("aws_session_token");
  if (!/^[A-Za-z0-9]{16,128}$/.test(id)) {
    throw badKeys(file, line, "aws_access_key_id must be 16 to 128 letters and digits");
  }
  // A short secret can be guessed offline from a single signature.
  if (secret.length < 32) throw badKeys(file, line, "aws_secret_access_key must have at least 32 characters");
  const known = ROLES.find((each) => each === role);
  if (known === undefined) throw badKeys(file, line, `sallyport_role must be ${ROLES.join(", ")}`);
  const endsMs = ends === undefined ? undefined : Date.parse(ends);
  if (Number.isNaN(endsMs)) throw badKeys(file, line, "expiration must be a time such as 2026-12-31T00:00:00Z");
  return defined({
    id,
    name,
    secret,
    role: known,
    endsMs,
    sessionToken,
  });
}

function base32(bytes: number): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return [...randomBytes(Math.ceil((bytes * 8) / 5))].map((byte) => letters[byte & 31]).join("");
}
