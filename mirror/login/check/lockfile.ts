/** The packages that a `package-lock.json` or `npm-shrinkwrap.json` installs from a registry. Pure. */

import { defined } from "../../../base/defined.js";
import { EXIT, Fault, quote } from "../../../base/fault.js";
import { isObject } from "../../is-object.js";

interface Locked {
  readonly name: string;
  readonly version?: string;
  /** The download URL in the lock file. npm uses it, no matter which registry is set. */
  readonly resolved?: string;
}

export interface Lock {
  readonly required: readonly Locked[];
  /** Git, tarballs of other hosts, directories, links. */
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
    lock = JSON.parse(text);
  } catch {
    throw badLock(file);
  }
  const required = new Map<string, Locked>();
  const elsewhere = new Set<string>();
  const add = (name: string, { version, resolved, inBundle }: Row) => {
    // Bundled packages come inside another one: no registry is asked for them.
    if (inBundle === true) return;
    const from = typeof resolved === "string" ? resolved : undefined;
    const spec = typeof version === "string" ? version : undefined;
    const foreign = [from, spec].find((each) => each !== undefined && /^(?:git|file:|github:|link:)/.test(each));
    if (foreign !== undefined) elsewhere.add(`${name} ${withoutPassword(foreign)}`);
    else
      required.set(
        `${name}@${spec}`,
        defined({
          name,
          version: spec,
          resolved: from === undefined ? undefined : withoutPassword(from),
        }),
      );
  };
  if (isObject(lock?.packages)) {
    for (const [path, row] of Object.entries(lock.packages)) {
      const at = path.lastIndexOf("node_modules/");
      if (at < 0 || row.link === true) {
        if (path !== "" && at >= 0) elsewhere.add(`${path.slice(at + 13)} link`);
        continue;
      }
      // An alias (`"a": "npm:b@1"`) has its real name beside it.
      add(typeof row.name === "string" ? row.name : path.slice(at + 13), row);
    }
  } else if (isObject(lock?.dependencies)) {
    const walk = (rows: Readonly<Record<string, Row>>) => {
      for (const [name, row] of Object.entries(rows)) {
        add(name, row);
        if (isObject(row.dependencies)) walk(row.dependencies);
      }
    };
    walk(lock.dependencies);
  } else throw badLock(file);
  return { required: [...required.values()], elsewhere: [...elsewhere] };
}

const withoutPassword = (url: string) => url.replace(/\/\/[^/@\s]*@/, "//");

const badLock = (file: string) =>
  new Fault("mirror/bad-lock", `${quote(file)} is no package-lock.json`, {
    hint: 'make it with "npm install --package-lock-only"',
    exit: EXIT.usage,
  });
