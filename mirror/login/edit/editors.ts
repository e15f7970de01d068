/** The editors by the names under which the state remembers them. */
import type { Editor } from "./editor.js";
import { iniEditor } from "./ini.js";
import { npmrcEditor, yarnrcEditor } from "./lines.js";
import { netrcEditor } from "./netrc.js";
import { tomlEditor } from "./toml.js";
import { uvIndexEditor } from "./uv-index.js";
import { yamlEditor } from "./yaml.js";

export const EDITORS = {
  ini: iniEditor,
  npmrc: npmrcEditor,
  yarnrc: yarnrcEditor,
  netrc: netrcEditor,
  toml: tomlEditor,
  "uv-index": uvIndexEditor,
  yaml: yamlEditor,
} as const satisfies Record<string, Editor>;

export type EditorName = keyof typeof EDITORS;
