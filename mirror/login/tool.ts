/** The tools that a login configures. */
import type { PackageFormat } from "../package-format.js";

export const LOGIN_TOOLS = ["pip", "uv", "poetry", "twine", "npm", "pnpm", "yarn"] as const;
export type LoginTool = (typeof LOGIN_TOOLS)[number];

export const formatOf = (tool: LoginTool): PackageFormat => (["npm", "pnpm", "yarn"].includes(tool) ? "npm" : "pypi");

/** The tools' own variables, which move their files, among others. */
export type Environment = Readonly<Record<string, string | undefined>>;
