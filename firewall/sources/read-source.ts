/** Reads sources: fetches, parses by kind, and checks every entry. */
import { resolve } from "node:path";
import { defined } from "../../base/defined.js";
import { resolveCaller } from "../caller/lookup.js";
import { AWS_RANGES_URL, readAwsRanges } from "./aws-ranges.js";
import { checkEntries } from "./check-entries.js";
import { readDns } from "./dns.js";
import { readFaculty } from "./faculty.js";
import { type FetchOptions, fetchDocument } from "./fetch-document.js";
import { readJsonDocument } from "./json-document.js";
import type { ListEntry, ListSource } from "./list-source.js";
import { listUrl } from "./parse-source.js";
import { readLocal } from "./read-local.js";
import { readTextFile } from "./text-file.js";

export interface ReadOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Base of relative paths. @default the working directory */
  readonly cwd?: string;
  /** The configured callers. @default "auto" */
  readonly caller?: "auto" | readonly string[];
  /** `Authorization` header for the URL of a faculty or json source. */
  readonly authorization?: string;
  /** PEM to verify a faculty or json source against, in place of the public authorities. */
  readonly certificate?: string;
  readonly dnsServers?: readonly string[];
  /** @default 15000 */
  readonly timeoutMs?: number;
  readonly skipInvalid?: boolean;
  readonly signal?: AbortSignal;
}

/** AWS's document had 2 MB in 2025. */
const MAX_AWS_BYTES = 16 * 1024 * 1024;

/** The addresses of all sources together. One failed source fails all. */
export async function readSources(sources: readonly ListSource[], options: ReadOptions): Promise<string[]> {
  const lists = await Promise.all(sources.map((source) => readSource(source, options)));
  return [...new Set(lists.flat())];
}

/** @throws Fault that names the source and the reason. */
export async function readSource(source: ListSource, options: ReadOptions): Promise<string[]> {
  return checkEntries(await entriesOf(source, options), source.name, options.skipInvalid);
}

async function entriesOf(source: ListSource, options: ReadOptions): Promise<ListEntry[]> {
  const { name } = source;
  switch (source.kind) {
    case "faculty":
      return readFaculty(await fetchDocument(source.url, fetchOptions(name, options)), name);
    case "json":
      return readJsonDocument(await jsonText(source, options), source.pointer, name);
    case "file":
      return readTextFile(await readLocal(resolve(options.cwd ?? "", source.path), name));
    case "dns":
      return readDns(source.host, {
        name,
        ...pick(options, "signal"),
        ...defined({ servers: options.dnsServers }),
      });
    case "aws":
      return readAwsRanges(await awsText(name, options), source, name);
    case "caller": {
      const { callers } = await resolveCaller(options.caller ?? "auto", options.env, pick(options, "signal"));
      return callers.map((cidr) => ({ text: cidr.toString(), at: name }));
    }
  }
}

function jsonText(source: ListSource & { kind: "json" }, options: ReadOptions): Promise<string> {
  return "url" in source
    ? fetchDocument(source.url, fetchOptions(source.name, options))
    : readLocal(resolve(options.cwd ?? "", source.path), source.name);
}

/** Without credentials and certificate, which belong to another server. */
function awsText(name: string, options: ReadOptions): Promise<string> {
  const url = listUrl("aws", options.env.SALLYPORT_AWS_IP_RANGES_URL || AWS_RANGES_URL);
  return fetchDocument(url.href, { name, maxBytes: MAX_AWS_BYTES, ...pick(options, "signal", "timeoutMs") });
}

function fetchOptions(name: string, options: ReadOptions): FetchOptions {
  return { name, ...pick(options, "authorization", "certificate", "signal", "timeoutMs") };
}

/** The given ones among the named options. */
function pick<K extends keyof ReadOptions>(
  options: ReadOptions,
  ...keys: K[]
): { [P in K]?: NonNullable<ReadOptions[P]> } {
  return Object.fromEntries(keys.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]]))) as {
    [P in K]?: NonNullable<ReadOptions[P]>;
  };
}
