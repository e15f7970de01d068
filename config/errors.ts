/** Every fault of a configuration. Line 1 begins with the place, if there is one. */

import { defined } from "../base/defined.js";
import { EXIT, Fault, quote } from "../base/fault.js";

const usage = (code: string, message: string, hint?: string, cause?: unknown) =>
  new Fault(
    `config/${code}`,
    message,
    defined({
      exit: EXIT.usage,
      hint,
      cause,
    }),
  );

/** Text in quotes, everything else as JSON, so that 22 and "22" look different. */
function shown(value: unknown): string {
  if (typeof value === "string") return quote(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

export const fileMissing = (path: string) =>
  usage("file-missing", `there is no configuration file ${quote(path)}`, 'write one with "sallyport config init"');

export const fileUnreadable = (path: string, reason: string, cause: unknown) =>
  usage("file-unreadable", `cannot read the configuration file ${quote(path)}: ${reason}`, undefined, cause);

export const fileNotWritten = (path: string, reason: string, cause: unknown) =>
  new Fault(
    "config/file-not-written",
    `cannot write the configuration file ${quote(path)}: ${reason}`,
    defined({ hint: NOT_WRITTEN_HINTS[reason], cause }),
  );

const NOT_WRITTEN_HINTS: Readonly<Record<string, string>> = {
  ENOENT: "make its directory first",
  ...Object.fromEntries(["EACCES", "EPERM", "EROFS"].map((code) => [code, "choose a directory that you may write to"])),
};

export const fileExists = (path: string) =>
  new Fault("config/file-exists", `there is already a file ${quote(path)}`, {
    hint: "edit that one, or move it away first",
    exit: EXIT.conflict,
  });

export const foreignFile = (path: string, uid: number) =>
  usage(
    "foreign-file",
    `the configuration file ${quote(path)} belongs to another user (uid ${uid})`,
    `if you trust it, say so: --config ${path}`,
  );

export const syntax = (where: string, what: string) => usage("syntax", `${where}: ${what}`, "this is not valid YAML");

export const notAMapping = (where: string) =>
  usage(
    "not-a-mapping",
    `${where}: a configuration file holds keys with values`,
    'write for example "region: eu-west-1"',
  );

export const duplicateKey = (where: string, key: string, first: string) =>
  usage("duplicate-key", `${where}: ${quote(key)} is written a second time`, `the first one is at ${first}; keep one`);

export const unknownKey = (where: string, key: string, suggestion: string | undefined) =>
  usage(
    "unknown-key",
    `${where}: unknown key ${quote(key)}`,
    suggestion === undefined ? '"sallyport config schema" lists every key' : `did you mean "${suggestion}"?`,
  );

export const wrongValue = (where: string, path: string, value: unknown, expected: string) =>
  usage("wrong-value", `${where}: ${path} is ${shown(value)}`, `it ${expected}`);

export const notKeyAndValue = (text: string) =>
  usage("not-key-and-value", `--set is ${quote(text)}`, "write a key and its value, such as --set region=eu-west-1");

export const wrongName = (where: string, path: string, name: string, expected: string) =>
  usage("wrong-name", `${where}: ${path} has the name ${quote(name)}`, `it ${expected}`);

export const certificateWithoutKey = (given: string, where: string, missing: string) =>
  usage(
    "certificate-without-key",
    `${where}: ${given} is given without ${missing}`,
    "both ssl_cert_crt and ssl_cert_key are required; give both, or neither to use the ones in ~/.ssh",
  );

export const generateWithoutTls = (where: string) =>
  usage(
    "generate-without-tls",
    `${where}: ssl_cert_generate is true, but ssl_cert_crt is false (plain HTTP)`,
    "remove one of the two",
  );

export const wholeHost = (where: string, path: string) =>
  usage(
    "whole-host",
    `${where}: ${path} is "/", which is the whole host`,
    'name the directories that are meant, such as "/data"',
  );

export const nameNeeded = (where: string, path: string, dir: string) =>
  usage(
    "directory-name-needed",
    `${where}: ${path} is ${quote(dir)}, of which no name can be made`,
    `give it a name: { path: "${dir}", name: something }`,
  );

export const duplicateName = (where: string, path: string, name: string, first: string) =>
  usage(
    "duplicate-directory-name",
    `${where}: ${path} has the name ${quote(name)}, and so has ${first}`,
    "give one of them another name: { path: …, name: other }",
  );

export const duplicateDirectory = (where: string, path: string, dir: string, first: string) =>
  usage("duplicate-directory", `${where}: ${path} is ${quote(dir)}, and so is ${first}`, "keep one of them");

export const notTogether = (where: string, key: string, other: string, otherWhere: string, remedy: string) =>
  usage("not-together", `${where}: ${key} cannot stand beside ${other} (${otherWhere})`, remedy);

export const doesNothing = (where: string, key: string, beside: string) =>
  usage(
    "does-nothing",
    `${where}: ${key} does nothing for ${beside}`,
    `take ${key} out; nothing is made or installed there`,
  );

export const noHosts = (where: string) =>
  usage(
    "no-hosts",
    `${where}: hosts names no host`,
    'name one: hosts: { fpga-a: {} }; to remove them all run "sallyport down"',
  );

export const sameHostTwice = (where: string, path: string, value: string, first: string) =>
  usage("same-host-twice", `${where}: ${path} is ${quote(value)}, and so is ${first}`, "keep one of them");

export const fleetSize = (where: string, path: string, value: number, bound: string) =>
  usage("fleet-size", `${where}: ${path} is ${value}`, `it must be ${bound}`);

export const ownTagCase = (where: string, path: string, own: string, replaceable: boolean) =>
  usage(
    "tag-case",
    `${where}: ${path} differs only in case from ${quote(own)}, a tag of Sallyport's own`,
    `IAM takes them for the same key: ${replaceable ? `write ${quote(own)} to replace that one, or ` : ""}choose another key`,
  );

export const reservedTag = (where: string, path: string) =>
  usage(
    "reserved-tag",
    `${where}: ${path} is a tag that only Sallyport sets`,
    "by it, resources are told from those of other projects: choose another key",
  );

export const tagCase = (where: string, path: string, other: string, otherWhere: string) =>
  usage(
    "tag-case",
    `${where}: ${path} differs only in case from ${other} (${otherWhere})`,
    "IAM takes them for the same key: keep one of the two",
  );

export const tooManyTags = (where: string, path: string, most: number, replaceable: string) =>
  usage(
    "too-many-tags",
    `${where}: ${path} is one tag too many`,
    `AWS permits 50 tags on a resource, and Sallyport sets some itself: keep at most ${most} beside ${replaceable}`,
  );

export const oneExecutor = (where: string, path: string, given: readonly string[]) =>
  usage(
    "one-executor",
    `${where}: ${path} has ${given.length === 0 ? "no program" : given.join(" and ")}`,
    "it must have exactly one of builtin, command and filter, such as { builtin: gzip }",
  );
