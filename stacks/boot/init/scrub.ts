/**
 * Removes the secrets from a configuration. Every program on a host can read its user data. A value that looks like a
 * secret, by the name of its key or by its own shape, is therefore removed together with its key, and so are all
 * comments. The text is printed anew from the remaining values, so that nothing unchecked can pass.
 *
 * Cloud credentials are not an oversight but a plan that would not work, so they are refused.
 */
import { stringify } from "yaml";
import { formatIni, parseIni } from "../../../config/apyfal/ini.js";
import { parseLayer } from "../../../config/document.js";
import { pointerStep } from "../../../config/origin.js";
import { isSecretName, secretShape } from "../../../config/secret-shapes.js";
import * as errors from "./errors.js";

export interface Scrubbed {
  readonly text: string;
  /** `accelerator.conf:5 [host] client_id`: places and keys, never values. */
  readonly takenOut: readonly string[];
}

type SecretKind = "cloud" | "secret" | undefined;

/** @throws Fault (exit status 2) if the file contains cloud credentials or is not INI. */
export function scrubIni(text: string, shownAs: string): Scrubbed {
  const document = parseIni(text, shownAs);
  const findings = new Findings();
  const clean = <T extends { readonly value: string | undefined; readonly line: number }>(
    section: string,
    entries: ReadonlyMap<string, T>,
  ) => {
    const isCloud = /^(?:host|csp|storage|DEFAULT)(?:\.|$)/.test(section);
    return new Map(
      [...entries].filter(([key, { value = "", line }]) => {
        const isCredential = isCloud && /^(?:client_id|secret_id)$/i.test(key) && value !== "";
        const kind = isCredential ? "cloud" : judge(key, value);
        findings.add(kind, `${shownAs}:${line} [${veiled(section)}] ${veiled(key)}`);
        return kind === undefined;
      }),
    );
  };
  const defaults = clean("DEFAULT", document.defaults);
  const sections = [...document.sections].flatMap(([name, { line, entries }]) => {
    if (secretShape(name) === undefined) return [[name, { line, entries: clean(name, entries) }] as const];
    findings.add(kindOfShape(name), `${shownAs}:${line} […]`);
    return [];
  });
  for (const { line, text } of document.comments) {
    if (secretShape(text) !== undefined) findings.add("secret", `${shownAs}:${line} a comment`);
  }
  return { text: formatIni({ defaults, sections: new Map(sections) }), takenOut: findings.judged() };
}

/** @throws Fault (exit status 2) if the file contains cloud credentials or is not YAML. */
export function scrubYaml(text: string, shownAs: string): Scrubbed {
  const { layer } = parseLayer(text, { layer: "project", shownAs, base: "/" });
  const comments = text
    .split("\n")
    .flatMap((line, index) =>
      secretShape(/#(.*)/.exec(line)?.[1] ?? "") ? [`${shownAs}:${index + 1} a comment`] : [],
    );
  const scrubbed = scrubValues(layer.values, (pointer) => layer.where(pointer));
  return { text: scrubbed.text, takenOut: [...scrubbed.takenOut, ...comments] };
}

/** @param where returns the place of a value, given as a JSON pointer. */
export function scrubValues(values: Readonly<Record<string, unknown>>, where: (pointer: string) => string): Scrubbed {
  const findings = new Findings();
  const clean = (map: object, pointer: string, path: string): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(map).flatMap(([key, value]) => {
        const here = pointer + pointerStep(key);
        const name = path === "" ? veiled(key) : `${path}.${veiled(key)}`;
        const kind = judge(key, value);
        findings.add(kind, `${where(here)} ${name}`);
        return kind === undefined ? [[key, inside(value, here, name)] as const] : [];
      }),
    );
  const inside = (value: unknown, pointer: string, path: string): unknown => {
    if (Array.isArray(value)) {
      return value.map((item, index) => inside(item, pointer + pointerStep(index), `${path}[${index}]`));
    }
    return typeof value === "object" && value !== null ? clean(value, pointer, path) : value;
  };
  const text = stringify(clean(values, "", ""), { lineWidth: 0 });
  return { text, takenOut: findings.judged() };
}

/** A list is checked as a whole: a command without one of its words would mean something else. */
function judge(key: string, value: unknown): SecretKind {
  if (value === undefined || value === null || value === "" || typeof value === "boolean") return kindOfShape(key);
  const text = wordsOf(value).join(" ");
  const shape = kindOfShape(text) ?? kindOfShape(key);
  if (shape === "cloud" || /^aws_?(?:access_?key_?id|secret_?access_?key|session_?token)$/i.test(key)) return "cloud";
  return shape ?? (isSecretName(key) ? "secret" : undefined);
}

function kindOfShape(text: string): SecretKind {
  const shape = secretShape(text);
  if (shape === undefined) return undefined;
  return shape === "an AWS access key id" ? "cloud" : "secret";
}

/** The texts of a value and of the lists in it. Maps are checked separately, by their own keys. */
function wordsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(wordsOf);
  return typeof value === "object" && value !== null ? [] : [String(value)];
}

/** A name that is itself a secret is not shown either. */
function veiled(name: string): string {
  return secretShape(name) === undefined ? name : "…";
}

class Findings {
  readonly #secret: string[] = [];
  readonly #cloud: string[] = [];

  add(kind: SecretKind, what: string): void {
    if (kind === "cloud") this.#cloud.push(what);
    if (kind === "secret") this.#secret.push(what);
  }

  judged(): readonly string[] {
    if (this.#cloud.length > 0) throw errors.cloudCredentials(this.#cloud);
    return this.#secret;
  }
}
