/** Settings of a project and of the environment that Yarn takes before the login's. */
import { join } from "node:path";
import { yarnrcEditor } from "../edit/lines.js";
import { yamlEditor } from "../edit/yaml.js";
import { readable } from "../readable.js";
import { projectTokens } from "../scoping/project-tokens.js";
import { textOf, upward } from "../upward.js";
import { has, type LoggedIn, plain, set } from "./logged-in.js";
import { inNpmrc, registryKey } from "./npm.js";

const ONE = "Yarn 1 takes it before the login's";
const TWO = "Yarn 2 and later takes it before the login's";

export async function yarnWarnings(login: LoggedIn): Promise<string[]> {
  const { env, cwd, scope, endpoint, files } = login;
  const lines =
    scope === undefined
      ? [
          ...set(env, ["YARN_REGISTRY", "yarn_registry"], ONE, endpoint),
          ...set(env, ["YARN_NPM_REGISTRY_SERVER"], TWO, endpoint),
        ]
      : [];
  const server = scope === undefined ? ["npmRegistryServer"] : ["npmScopes", scope.slice(1), "npmRegistryServer"];
  for (const dir of upward(cwd)) {
    const [old, berry] = [join(dir, ".yarnrc"), join(dir, env.YARN_RC_FILENAME || ".yarnrc.yml")];
    const [oldText, berryText] = [await textOf(old), await textOf(berry)];
    const differs = (value: unknown) => value !== undefined && plain(value) !== plain(endpoint);
    if (!files.includes(old) && differs(readable(() => yarnrcEditor.get(oldText, [registryKey(login)]))))
      lines.push(has(old, registryKey(login), ONE));
    if (!files.includes(berry) && differs(readable(() => yamlEditor.get(berryText, server))))
      lines.push(has(berry, server.join("."), TWO));
    // Yarn 1 reads a scope's registry and all tokens from npm's files, in each directory above.
    lines.push(...(await inNpmrc(join(dir, ".npmrc"), login)));
  }
  return [...lines, ...(await projectTokens({ cwd, endpoint, scope, files, env }))];
}
