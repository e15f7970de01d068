/**
 * Converts an `accelerator.conf` to a `sallyport.yaml` and lists what could not be converted.
 *
 * Promises: the output loads without error. Neither the output nor the list contains a credential; the list names keys
 * and lines but shows no values. Every value that would apply to a host on AWS is either converted or listed. Pure.
 */
import { stringify } from "yaml";
import { defined } from "../../base/defined.js";
import { Fault, quote } from "../../base/fault.js";
import { nearest } from "../../base/text/nearest.js";
import { checkLayer } from "../checks/check-layer.js";
import type { Layer } from "../origin.js";
import { resolveConfig } from "../resolve.js";
import type { ConfigKey } from "../schema.js";
import { isSecretName, secretShape } from "../secret-shapes.js";
import { defaultLayer } from "../text-layers.js";
import { certificateKeys } from "./certificate.js";
import * as errors from "./errors.js";
import { hostDirs } from "./host-dirs.js";
import { hostKey } from "./host-keys.js";
import type { IniDocument } from "./ini.js";
import { type Outcome, unknownKey } from "./outcome.js";
import { inForce, readSettings, type Setting, type Settings } from "./settings.js";

export interface ConvertOptions {
  /** How places and errors name the file. */
  readonly shownAs: string;
  /** Replaces the file's own `host_type`. */
  readonly hostType?: string;
  /** Converts a path of the old file to one for the new file. @default - unchanged */
  readonly rebase?: (path: string) => string;
}

export interface Finding {
  readonly line: number;
  /** Without its brackets. */
  readonly section: string;
  readonly key?: string;
  /** Advice for the reader; never a value that may be a secret. */
  readonly text: string;
}

export interface Converted {
  /** The text of a sallyport.yaml. */
  readonly yaml: string;
  readonly values: Readonly<Partial<Record<ConfigKey, unknown>>>;
  /** Credentials, which are never converted. */
  readonly takenOut: readonly Finding[];
  readonly noEquivalent: readonly Finding[];
  /** Keys whose converted value differs somewhat from the original, and legacy names. */
  readonly remarks: readonly Finding[];
}

/** @throws Fault (exit status 2) for a host that is not on AWS. */
export function convert(document: IniDocument, options: ConvertOptions): Converted {
  const settings = readSettings(document);
  refuseOtherCloud(settings, options);
  const lists = { takenOut: new Findings(), noEquivalent: new Findings(), remarks: new Findings() };
  for (const { section, key, line, now } of settings.legacy) {
    lists.remarks.add(defined({ line, section, key }), `an old name: Apyfal calls it ${now}`);
  }

  let values: Partial<Record<ConfigKey, unknown>> = {};
  const take = (settings: readonly Setting[], outcome: Outcome) => {
    const [at] = settings;
    if (at === undefined) return;
    if ("keys" in outcome) {
      const objection = objectionTo(values, outcome.keys);
      if (objection !== undefined) {
        for (const setting of settings) lists.noEquivalent.add(setting, objection);
        return;
      }
      values = { ...values, ...outcome.keys };
    }
    if ("none" in outcome) for (const setting of settings) lists.noEquivalent.add(setting, outcome.none);
    else if (outcome.remark !== undefined) lists.remarks.add(at, outcome.remark);
  };

  const host = withoutSecrets(inForce(settings, hostSection(settings, "AWS")), lists.takenOut);
  // A value that [host.AWS] overrides is a credential all the same.
  withoutSecrets(settings.sections.get("host") ?? new Map(), lists.takenOut);
  const rebase = options.rebase ?? ((path) => path);
  const certificate = ["ssl_cert_crt", "ssl_cert_key", "ssl_cert_generate"].flatMap((key) => host.get(key) ?? []);
  for (const { from, outcome } of certificateKeys(certificate, rebase)) take(from, outcome);
  for (const [key, setting] of host) {
    if (!key.startsWith("ssl_cert_")) take([setting], hostKey(key, setting.value, { rebase, host }));
  }
  const security = withoutSecrets(inForce(settings, "security"), lists.takenOut);
  for (const [key, setting] of security) {
    if (key === "authorized_host_dirs") for (const outcome of hostDirs(setting.value)) take([setting], outcome);
    else take([setting], unknownKey(key, ["authorized_host_dirs"]));
  }
  for (const [section, entries] of settings.sections) {
    if (section === "host" || section === "security" || isSame(section, "host.AWS")) continue;
    for (const [key, setting] of withoutSecrets(entries, lists.takenOut)) {
      take([setting], { none: elsewhere(section, key) });
    }
  }
  const header = `# What ${quote(options.shownAs)} says, by sallyport import.\n`;
  return {
    yaml: header + (Object.keys(values).length === 0 ? "" : stringify(values, { lineWidth: 0 })),
    values,
    takenOut: lists.takenOut.sorted(),
    noEquivalent: lists.noEquivalent.sorted(),
    remarks: lists.remarks.sorted(),
  };
}

function refuseOtherCloud(settings: Settings, { hostType, shownAs }: ConvertOptions): void {
  const written = settings.sections.get("host")?.get("host_type");
  const type = hostType ?? written?.value;
  if (type === undefined || isSame(type, "AWS")) return;
  throw errors.otherCloud(veiled(type), hostType === undefined ? `${shownAs}:${written?.line}` : "--host-type");
}

function hostSection({ sections }: Settings, type: string): string {
  return [...sections.keys()].find((name) => isSame(name, `host.${type}`)) ?? "host";
}

/** Also drops values that only look like credentials: a password in a URL, a key under the wrong name. */
function withoutSecrets(entries: ReadonlyMap<string, Setting>, takenOut: Findings): Map<string, Setting> {
  const rest = new Map<string, Setting>();
  for (const [key, setting] of entries) {
    const shape = secretShape(setting.value) ?? secretShape(key) ?? secretShape(setting.section);
    // The path of a key file is not a key.
    const isNamed = key !== "ssl_cert_key" && isSecretName(key);
    if (shape === undefined && !isNamed) rest.set(key, setting);
    else
      takenOut.add(
        { ...setting, section: veiled(setting.section), key: veiled(setting.key) },
        insteadOf(setting, shape),
      );
  }
  return rest;
}

/** A name that is itself a secret, as after a paste into the wrong place. */
function veiled(name: string): string {
  return secretShape(name) === undefined ? name : "…";
}

function insteadOf({ section }: Setting, shape: string | undefined): string {
  if (section === "accelize") return "nothing is metered, so there is no account to name";
  if (/^(?:host|csp|storage)(?:\.|$)/.test(section) && shape !== "a password in a URL") {
    return "use AWS_PROFILE, aws sso login or the variables of AWS here; on the hosts, their role";
  }
  return `${shape ?? "a secret by its name"}: keep it out of configuration files`;
}

function elsewhere(section: string, key: string): string {
  const [first = "", second] = section.split(".");
  if (first === "process" || first === "configuration") {
    const which = first === "process" ? "each run" : "the start";
    const of = second === undefined ? "" : ` of ${quote(second)}`;
    const how = key === "parameters" ? "the same JSON, or @ and the file," : `${quote(key)} in JSON`;
    return `for ${which}${of}: hand ${how} to "sallyport process --parameters"`;
  }
  if (first === "storage") {
    return key === "unsecure"
      ? "hosts always reach S3 over TLS"
      : "the hosts' role opens S3: name the buckets in buckets:; other stores are up to your accelerator";
  }
  if (first === "host" && second !== undefined) return `only for hosts of ${quote(second)}, and Sallyport's are on AWS`;
  if (first === "accelize") return "of Accelize's metering service, which is not used";
  const known = nearest(first, ["accelize", "host", "configuration", "process", "security", "storage", "csp"]);
  return `Apyfal has no section ${quote(`[${section}]`)}${known === undefined ? "" : `; did you mean ${quote(`[${known}]`)}?`}`;
}

/** Why these keys would not load together in a sallyport.yaml, or undefined. */
function objectionTo(
  values: Partial<Record<ConfigKey, unknown>>,
  keys: Partial<Record<ConfigKey, unknown>>,
): string | undefined {
  const layer = (held: Readonly<Record<string, unknown>>): Layer => ({
    layer: "project",
    base: "/",
    values: held,
    where: () => "sallyport.yaml",
  });
  try {
    checkLayer(layer(keys));
    resolveConfig([defaultLayer({}, "/"), layer({ ...values, ...keys })], "/");
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const name = Object.keys(keys)[0] ?? "it";
    // The message quotes the wrong value, so only the hint is shown.
    if (error.code === "config/wrong-value") return `as ${name} ${error.hint}`;
    return error.message.replace(/^sallyport\.yaml: /, "");
  }
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** One finding for each place and text: a value of [DEFAULT] appears in every section. */
class Findings {
  readonly #all = new Map<string, Finding>();

  add({ line, section, key }: Omit<Finding, "text">, text: string): void {
    const finding = defined({ line, section, key, text });
    const id = `${line} ${key ?? ""} ${text}`;
    if (!this.#all.has(id)) this.#all.set(id, finding);
  }

  sorted(): Finding[] {
    return [...this.#all.values()].sort((a, b) => a.line - b.line);
  }
}
