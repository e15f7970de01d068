/** Reads and checks the `parameters` document of a request, and merges it over the defaults. Pure. */
import { isObject } from "../jobs/result.js";
import type { JsonObject } from "../jobs/types.js";
import { badParameters } from "./problems.js";

/** The defaults of Apyfal's client, on which its programs may rely. */
export const CONFIGURATION_DEFAULTS: JsonObject = {
  app: {
    reset: false,
    reload: true,
    "enable-sw-comparison": 0,
    logging: { format: 1, verbosity: 2 },
    specific: {},
  },
  env: {},
};
export const PROCESS_DEFAULTS: JsonObject = {
  app: { reset: false, "enable-sw-comparison": 0, logging: { format: 1, verbosity: 4 }, specific: {} },
};

/** Deeper than any document, and shallow enough for code that walks it by recursion. */
const DEPTH = 64;
/** Apyfal's client sends the user's Accelize account in `env`. We do no metering, so these members are dropped. */
const SECRETS = new Set(["client_id", "client_secret"]);

/** @throws Problem 400 */
export function readParameters(text: string | undefined, defaults: JsonObject): JsonObject {
  if (text === undefined || text.trim() === "") return defaults;
  if (depthOf(text) > DEPTH) throw badParameters(`at most ${DEPTH} levels may lie in one another`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badParameters("this is not JSON");
  }
  if (!isObject(value)) throw badParameters("write a JSON object");
  const merged = merge(defaults, value);
  if (!isObject(merged.app) || !isObject(merged.app.specific)) throw badParameters("app and app.specific are objects");
  if (!isObject(merged.env)) return merged;
  const env = Object.entries(merged.env).filter(([name]) => !SECRETS.has(name));
  return { ...merged, env: Object.fromEntries(env) };
}

/** Merges objects, and replaces all other values. `fromEntries`, because "__proto__" is a name like any other. */
export function merge(base: JsonObject, over: JsonObject): JsonObject {
  const merged = new Map(Object.entries(base));
  for (const [name, value] of Object.entries(over)) {
    const below = merged.get(name);
    merged.set(name, isObject(below) && isObject(value) ? merge(below, value) : value);
  }
  return Object.fromEntries(merged);
}

/** The parameters without these names in `app.specific`. */
export function withoutSpecific(parameters: JsonObject, names: readonly string[]): JsonObject {
  const app = isObject(parameters.app) ? parameters.app : {};
  const specific = Object.entries(specificOf(parameters)).filter(([name]) => !names.includes(name));
  return { ...parameters, app: { ...app, specific: Object.fromEntries(specific) } };
}

export function specificOf({ app }: JsonObject): JsonObject {
  return isObject(app) && isObject(app.specific) ? app.specific : {};
}

export const VERSION_TEXT = "Apyfal version needs to be at least 1.0.0. Please upgrade it.";

/** A client that names no version is accepted. */
export function isOldApyfal({ env }: JsonObject): boolean {
  const version = isObject(env) ? env.apyfal_version : undefined;
  return version !== undefined && !(typeof version === "string" && /^[1-9]\d*(\.|$)/.test(version));
}

/** The depth of nested brackets outside of strings, measured before parsing. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (inString) {
      if (char === "\\") at += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{" || char === "[") {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (char === "}" || char === "]") depth -= 1;
  }
  return deepest;
}
