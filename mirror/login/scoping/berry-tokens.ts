/** The tokens in the `.yarnrc.yml` of Yarn 2 and later. Pure. */
import type { KeyPath, Setting } from "../edit/editor.js";
import { yamlEditor, yamlKeys } from "../edit/yaml.js";

interface BerryAccess {
  readonly endpoint: string;
  readonly token: string;
  readonly scope?: string;
}

const plain = (url: string) => url.replace(/\/$/, "");

/**
 * The token is set for the registry only: at the top level, or in a scope, Yarn would send it to other registries too.
 * Yarn prefers the token of a scope, so the ones of scopes that come from the mirror must go: they are not for it.
 */
export function berryTokens({ endpoint, token, scope }: BerryAccess, text: string): Setting[] {
  const registry = ["npmRegistries", registryKey(text, endpoint)];
  return [
    { path: [...registry, "npmAlwaysAuth"], value: true },
    { path: [...registry, "npmAuthToken"], value: token },
    ...foreignTokens({ endpoint, scope }, text).map((path): Setting => ({ path, value: undefined })),
  ];
}

/** The places of the tokens in scopes that come from the mirror: Yarn would send them there. */
export function foreignTokens(
  { endpoint, scope }: { readonly endpoint: string; readonly scope: string | undefined },
  text: string,
): KeyPath[] {
  return yamlKeys(text, ["npmScopes"])
    .filter((name) => `@${name}` === scope || comesFrom(text, name, endpoint))
    .flatMap((name) => ["npmAuthToken", "npmAuthIdent"].map((key) => ["npmScopes", name, key]))
    .filter((path) => yamlEditor.get(text, path) !== undefined);
}

function comesFrom(text: string, scope: string, endpoint: string): boolean {
  const server = yamlEditor.get(text, ["npmScopes", scope, "npmRegistryServer"]);
  return typeof server === "string" && plain(server) === plain(endpoint);
}

/** Yarn takes an entry with the protocol before one without, and of equal ones the last. */
function registryKey(text: string, endpoint: string): string {
  const keys = yamlKeys(text, ["npmRegistries"]);
  const bare = plain(endpoint).replace(/^https?:/, "");
  return keys.findLast((key) => plain(key) === plain(endpoint)) ?? keys.findLast((key) => plain(key) === bare) ?? bare;
}
