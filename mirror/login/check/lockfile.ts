/** The packages that a `package-lock.json` or `npm-shrinkwrap.json` installs from a registry. Pure. */

import { defined } from "../../../base/defined.js";
import { EXIT, Fault, quote } from "../../../base/fault.js";
import { withoutBom } from "../../../base/text/bom.js";
import { isObject } from "../../is-object.js";
import { withoutPassword } from "./location.js";
import type { RequiredPackage } from "./required-package.js";

export interface Lock {
  /** `url` is `resolved`: npm downloads from there, no matter which registry is set. Git has no other version. */
  readonly required: readonly RequiredPackage[];
  /** Directories, tarballs and links on this machine. */
  readonly elsewhere: readonly string[];
}

interface Row {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly resolved?: unknown;
  readonly link?: unknown;
  readonly inBundle?: unknown;
  readonly dependencies?: Readonly<Record<string, Row>>;
}

/** @throws Fault `mirror/bad-lock` */
export function parseLock(text: string, file: string): Lock {
  let lock: { packages?: Record<string, Row>; dependencies?: Record<string, Row> };
  try {
    lock = JSON.parse(withoutBom(text));
  } catch {
    throw badLock(file);
  }
  const required = new Map<string, RequiredPackage>();
  const elsewhere = new Set<string>();
  /** @param known URLs that another list of the same packages has, whose other values are not read twice. */
  const add = (name: string, row: Row, known?: ReadonlySet<string | undefined>) => {
    if (!isObject(row)) throw badLock(file);
    const { version, resolved } = row;
    const spec = typeof version === "string" ? version : undefined;
    // In old lock files the place is in the version's stead, and so is the real name of an alias.
    const place = spec !== undefined && /[:/]/.test(spec) ? spec : undefined;
    const alias = /^npm:(@?[^@]+)@(.+)$/.exec(place ?? "");
    const [, real = name, pinned = place === undefined ? spec : undefined] = alias ?? [];
    const from = typeof resolved === "string" ? resolved : alias === null ? place : undefined;
    const url = from === undefined ? undefined : withoutPassword(from);
    if (known !== undefined && (url === undefined || isLocal(url) || known.has(url))) return;
    if (url !== undefined && isLocal(url)) elsewhere.add(`${name} ${url}`);
    else required.set(`${real}@${pinned} ${url}`, defined({ name: real, version: pinned, url }));
  };
  if (isObject(lock?.packages)) {
    for (const [path, row] of Object.entries(lock.packages)) {
      const at = path.lastIndexOf("node_modules/");
      if (!isObject(row)) throw badLock(file);
      if (at < 0 || row.link === true) {
        if (path !== "" && at >= 0) elsewhere.add(`${path.slice(at + 13)} link`);
        continue;
      }
      // What another package brings inside it is not downloaded; what the project itself bundles is.
      if (row.inBundle === true && row.resolved === undefined && path.indexOf("node_modules/") < at) continue;
      // An alias (`"a": "npm:b@1"`) has its real name beside it.
      add(typeof row.name === "string" ? row.name : path.slice(at + 13), row);
    }
  } else if (!isObject(lock?.dependencies)) throw badLock(file);
  if (isObject(lock.dependencies)) {
    // Version 2 of the file has both lists: npm reads the first since its version 7, and this one before.
    const known = isObject(lock.packages) ? new Set([...required.values()].map(({ url }) => url)) : undefined;
    // No recursion: a file may be nested deeper than the stack.
    const left = Object.entries(lock.dependencies).reverse();
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const [name, row] = next;
      add(name, row, known);
      const inside = isObject(row.dependencies) ? Object.entries(row.dependencies).reverse() : [];
      for (const entry of inside) left.push(entry);
    }
  }
  return { required: [...required.values()], elsewhere: [...elsewhere] };
}

/** npm reads anything else as a URL, `acme/tools` for example as a repository of GitHub. */
const isLocal = (place: string) => /^(?:file:|link:|\.{0,2}[/\\]|[a-z]:[/\\])/i.test(place);

const badLock = (file: string) =>
  new Fault("mirror/bad-lock", `${quote(file)} is no package-lock.json`, {
    hint: 'make it with "npm install --package-lock-only"',
    exit: EXIT.usage,
  });
