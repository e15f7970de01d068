/** The paths of routes: `/v1/jobs/{id}` and `/v1/files/{path...}`. Pure. */
import type { TSchema } from "@sinclair/typebox";

export interface PathParameter {
  readonly name: string;
  /** Takes the rest of the path, slashes included. */
  readonly rest: boolean;
}

const PARAMETER = /\{([A-Za-z_][A-Za-z0-9_]*)(\.\.\.)?\}/g;
/** Digits that are always a safe integer. */
const INTEGER = "^\\d{1,15}$";

export function pathParameters(path: string): PathParameter[] {
  return [...path.matchAll(PARAMETER)].map(([, name = "", dots]) => ({ name, rest: dots !== undefined }));
}

/** As find-my-way writes it. */
export function templateOf(path: string, schemas: Readonly<Record<string, TSchema>> = {}): string {
  return path.replace(PARAMETER, (_all, name: string, dots?: string) => {
    if (dots !== undefined) return "*";
    const schema = schemas[name];
    const pattern: unknown = schema?.type === "integer" ? INTEGER : schema?.pattern;
    return typeof pattern === "string" ? `:${name}(${pattern})` : `:${name}`;
  });
}
