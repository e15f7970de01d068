/** Names of packages as CodeArtifact has them. Pure. */

import { defined } from "../../../base/defined.js";
import { EXIT, Fault, quote } from "../../../base/fault.js";
import type { PackageFormat } from "../../package-format.js";
import { normalizeName } from "../../pypi/names.js";
import type { PackageId } from "../codeartifact.js";

/** @throws Fault `mirror/bad-package` */
export function packageId(format: PackageFormat, name: string): PackageId {
  if (format === "pypi") {
    if (!/^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(name)) throw badPackage(name);
    return { format, name: normalizeName(name) };
  }
  const match = /^(?:@([a-z0-9~-][\w.~-]*)\/)?([A-Za-z0-9~_-][\w.~-]*)$/.exec(name);
  if (match === null) throw badPackage(name);
  const [, namespace, own = ""] = match;
  return defined({ format, name: own, namespace });
}

export const nameOf = ({ namespace, name }: PackageId) => (namespace === undefined ? name : `@${namespace}/${name}`);

/** @param patterns names, of which `*` stands for any text: `acme-*`, `@acme/*`. */
export function declaredPrivate(format: PackageFormat, patterns: readonly string[]): (name: string) => boolean {
  const tests = patterns.map((pattern) => {
    const text = format === "pypi" ? normalizeName(pattern) : pattern;
    return new RegExp(`^${text.split("*").map(escaped).join(".*")}$`);
  });
  return (name) => tests.some((test) => test.test(name));
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

const badPackage = (name: string) =>
  new Fault("mirror/bad-package", `${quote(name)} is no name of a package`, {
    hint: 'write a name such as "requests", or for npm "@acme/tools"',
    exit: EXIT.usage,
  });
