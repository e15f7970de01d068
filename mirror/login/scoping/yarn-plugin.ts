/**
 * A plugin that gives Yarn 2 and later the token of one registry. Yarn has no variable for that: it sends
 * `YARN_NPM_AUTH_TOKEN` to every registry without a token of its own, such as the one of another scope.
 */

/**
 * Yarn's own lookup takes the token of a scope first, then that of the registry, then the top level's. The plugin adds
 * the registry, and hides the token of each scope that comes from it now: that token is for another registry.
 */
export const PLUGIN = `"use strict";
const plain = (url) => String(url ?? "").replace(/\\/$/, "");
const registry = plain(process.env.YARN_NPM_REGISTRY_SERVER);
const token = process.env.CODEARTIFACT_AUTH_TOKEN;
const loopback = /^http:\\/\\/(127\\.[\\d.]+|localhost|\\[::1\\])[:/]/.exec(registry)?.[1];
const patched = Symbol.for("sallyport-mirror");
const VALUES = {
  npmRegistries: (registries) =>
    new Map([
      ...registries,
      [registry, new Map([...(registries.get(registry) ?? []), ["npmAlwaysAuth", true], ["npmAuthToken", token]])],
    ]),
  // Yarn refuses plain HTTP from hosts that are not in that list.
  unsafeHttpWhitelist: (hosts) => (loopback === undefined ? hosts : [...hosts, loopback]),
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
