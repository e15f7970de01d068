/**
 * A plugin that gives Yarn 2 and later the token of one registry. Yarn has no variable for that: it sends
 * `YARN_NPM_AUTH_TOKEN` to every registry without a token of its own, such as the one of another scope.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Yarn's own lookup takes the token of a scope first, then that of the registry, then the top level's. The plugin adds
 * the registry, and hides the token of each scope that comes from it now: that token is for another registry.
 */
const PLUGIN = `"use strict";
const plain = (url) => String(url ?? "").replace(/\\/$/, "");
const registry = plain(process.env.YARN_NPM_REGISTRY_SERVER);
const token = process.env.CODEARTIFACT_AUTH_TOKEN;
const patched = Symbol.for("sallyport-mirror");
const VALUES = {
  npmRegistries: (registries) =>
    new Map([
      ...registries,
      [registry, new Map([...(registries.get(registry) ?? []), ["npmAlwaysAuth", true], ["npmAuthToken", token]])],
    ]),
  npmScopes: (scopes) =>
    new Map(
      [...scopes].map(([name, scope]) => {
        const elsewhere = plain(scope.get("npmRegistryServer") ?? registry) !== registry;
        return [name, elsewhere ? scope : new Map([...scope, ["npmAuthToken", null], ["npmAuthIdent", null]])];
      }),
    ),
};
module.exports = {
  name: "sallyport-mirror",
  factory(load) {
    const { Configuration } = load("@yarnpkg/core");
    const { get } = Configuration.prototype;
    if (registry === "" || !token || get[patched]) return {};
    Configuration.prototype.get = function (key) {
      const value = get.call(this, key);
      return Object.hasOwn(VALUES, key) ? VALUES[key](value) : value;
    };
    Configuration.prototype.get[patched] = true;
    return {};
  },
};
`;

export interface YarnPlugin {
  /** For `YARN_PLUGINS`. */
  readonly file: string;
  remove(): Promise<void>;
}

/** The file is private, and has no token: the plugin reads it from its environment. */
export async function writeYarnPlugin(): Promise<YarnPlugin> {
  const dir = await mkdtemp(join(tmpdir(), "sallyport-yarn-"));
  const file = join(dir, "plugin.cjs");
  await writeFile(file, PLUGIN, { mode: 0o600 });
  return { file, remove: () => rm(dir, { recursive: true, force: true }) };
}
