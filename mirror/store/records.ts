/**
 * The packages of each repository, in memory and on disk: one JSON document per package, replaced as a whole. A record
 * is never changed, only replaced, so comparing references tells whether a record is still the current one.
 */
import { randomUUID } from "node:crypto";
import { readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { KeyedMutex } from "../../base/async/keyed-mutex.js";
import { replaceFile, syncDir } from "../../base/fs/atomic.js";
import { makeDir } from "../../base/fs/make-dir.js";
import { isObject } from "../is-object.js";
import { PACKAGE_FORMATS, type PackageFormat } from "../package-format.js";
import type { PackageRecord } from "../resolve/model.js";
import { badRecord } from "./errors.js";

/** Raised when the meaning of a record changes. */
const SCHEMA = 1;

type RecordChange = (record: PackageRecord | undefined) => PackageRecord | undefined;

export class Records {
  readonly #byRepository = new Map<string, Map<string, PackageRecord>>();
  readonly #mutex = new KeyedMutex();

  private constructor(private readonly dir: string) {}

  /** @param ids of the existing repositories; records of others are removed. @throws Fault */
  static async open(dir: string, ids: readonly string[]): Promise<Records> {
    const records = new Records(join(dir, "records"));
    await makeDir(records.dir, 0o700);
    const known = new Set(ids);
    for (const id of await readdir(records.dir)) {
      if (known.has(id)) await records.#load(id);
      else await rm(join(records.dir, id), { recursive: true, force: true });
    }
    return records;
  }

  get(repositoryId: string, format: PackageFormat, name: string): PackageRecord | undefined {
    return this.#byRepository.get(repositoryId)?.get(keyOf(format, name));
  }

  /** The records of one repository, unordered. */
  all(repositoryId: string): Iterable<PackageRecord> {
    return this.#byRepository.get(repositoryId)?.values() ?? [];
  }

  *everything(): Iterable<PackageRecord> {
    for (const records of this.#byRepository.values()) yield* records.values();
  }

  /**
   * Replaces a record by the result of `change`; undefined removes the record, the same object leaves it as it is.
   * Durable on return, and visible to readers only then. Changes of one package run one after the other.
   */
  update(
    repositoryId: string,
    format: PackageFormat,
    name: string,
    change: RecordChange,
  ): Promise<PackageRecord | undefined> {
    const key = keyOf(format, name);
    return this.#mutex.run(`${repositoryId} ${key}`, async () => {
      const before = this.get(repositoryId, format, name);
      const after = change(before);
      if (after === before) return before;
      const dir = join(this.dir, repositoryId, format);
      const file = join(dir, `${encodeName(name)}.json`);
      if (after === undefined) {
        await rm(file, { force: true });
        await syncDir(dir);
        this.#byRepository.get(repositoryId)?.delete(key);
        return undefined;
      }
      await makeDir(dir, 0o700);
      await replaceFile(file, JSON.stringify({ schema: SCHEMA, ...after }), 0o600);
      let records = this.#byRepository.get(repositoryId);
      if (records === undefined) {
        records = new Map();
        this.#byRepository.set(repositoryId, records);
        await syncDir(this.dir);
      }
      records.set(key, after);
      return after;
    });
  }

  /** Removes all records of a repository. */
  async remove(repositoryId: string): Promise<void> {
    this.#byRepository.delete(repositoryId);
    const dir = join(this.dir, repositoryId);
    // Renamed in one step; a leftover of a crash belongs to no repository, and the next start removes it.
    const aside = join(this.dir, `removed-${randomUUID()}`);
    await rename(dir, aside).catch(() => undefined);
    await rm(aside, { recursive: true, force: true });
  }

  async #load(id: string): Promise<void> {
    const records = new Map<string, PackageRecord>();
    for (const format of PACKAGE_FORMATS) {
      const dir = join(this.dir, id, format);
      const files = await readdir(dir).catch(() => []);
      for (const file of files) {
        if (!file.endsWith(".json")) {
          await rm(join(dir, file), { force: true });
          continue;
        }
        const record = await readRecord(join(dir, file));
        records.set(keyOf(record.format, record.name), record);
      }
    }
    this.#byRepository.set(id, records);
  }
}

const keyOf = (format: PackageFormat, name: string) => `${format} ${name}`;

/** One path segment: `@scope%2Fname`. A name never begins with a dot. */
const encodeName = (name: string) => encodeURIComponent(name);

async function readRecord(file: string): Promise<PackageRecord> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw badRecord(file, error instanceof SyntaxError ? "it is not JSON" : String(error));
  }
  if (!isObject(document)) throw badRecord(file, "it is no object");
  const { schema, ...record } = document;
  if (schema !== SCHEMA) throw badRecord(file, `its schema is ${String(schema)}, not ${SCHEMA}`);
  return record as unknown as PackageRecord;
}
