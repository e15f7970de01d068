/**
 * Looks up the values of an `accelerator.conf` as Apyfal does: with inheritance and legacy names, without empty values.
 * Pure.
 */
import type { IniDocument, IniEntry } from "./ini.js";

export interface Setting {
  /** As in the file: `csp` stays `csp`. */
  readonly section: string;
  readonly key: string;
  /** Never empty. */
  readonly value: string;
  readonly line: number;
}

export interface Settings {
  readonly sections: ReadonlyMap<string, ReadonlyMap<string, Setting>>;
  /** Names from AcceleratorAPI, Apyfal's predecessor, that are still read. */
  readonly legacy: readonly {
    readonly section: string;
    readonly key?: string;
    readonly line: number;
    readonly now: string;
  }[];
}

const LEGACY_SECTION = { csp: "host" } as const;
const LEGACY_KEYS: Readonly<Record<string, string>> = {
  ssh_key: "key_pair",
  provider: "host_type",
  instance_ip: "host_ip",
  instance_name_prefix: "host_name_prefix",
};

export function readSettings(document: IniDocument): Settings {
  const sections = new Map<string, Map<string, Setting>>();
  const legacy: Settings["legacy"][number][] = [];
  for (const [section, { entries }] of document.sections) {
    sections.set(section, withoutEmpty(section, new Map([...document.defaults, ...entries])));
  }
  for (const [old, now] of Object.entries(LEGACY_SECTION)) {
    const settings = sections.get(old);
    if (settings === undefined) continue;
    legacy.push({ section: old, line: document.sections.get(old)?.line ?? 1, now: `[${now}]` });
    // If both are present, the newer section wins.
    sections.set(now, new Map([...settings, ...(sections.get(now) ?? [])]));
    sections.delete(old);
  }
  for (const [section, settings] of sections) {
    if (section !== "host" && !section.startsWith("host.")) continue;
    for (const [old, now] of Object.entries(LEGACY_KEYS)) {
      const setting = settings.get(old);
      if (setting === undefined) continue;
      legacy.push({ section: setting.section, key: old, line: setting.line, now });
      if (!settings.has(now)) settings.set(now, setting);
      settings.delete(old);
    }
  }
  return { sections, legacy };
}

/**
 * A value of a section, else of the first part of its name. So `[storage.s3.mine]` falls back to `[storage]` directly
 * and skips `[storage.s3]`, as in Apyfal.
 */
export function lookUp({ sections }: Settings, section: string, key: string): Setting | undefined {
  return sections.get(section)?.get(key) ?? sections.get(section.split(".", 1)[0] ?? "")?.get(key);
}

/** Every value that applies to a section, inherited ones first. */
export function inForce({ sections }: Settings, section: string): ReadonlyMap<string, Setting> {
  return new Map([...(sections.get(section.split(".", 1)[0] ?? "") ?? []), ...(sections.get(section) ?? [])]);
}

function withoutEmpty(section: string, entries: ReadonlyMap<string, IniEntry>): Map<string, Setting> {
  const settings = new Map<string, Setting>();
  for (const [key, { value, line }] of entries) {
    if (value !== undefined && value.trim() !== "") settings.set(key, { section, key, value, line });
  }
  return settings;
}
