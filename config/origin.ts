import type { ConfigKey } from "./schema.js";

/** Where a value came from. */
export interface Origin {
  readonly layer: "default" | "user" | "project" | "env" | "flag";
  /** `sallyport.yaml:4:1`, `SALLYPORT_REGION`, `--region`, `AWS_REGION`, `profile dev in ~/.aws/config` or `built in`. */
  readonly where: string;
}

/** One layer of the configuration: values as written, and the place of each. */
export interface Layer {
  readonly layer: Origin["layer"];
  readonly values: Readonly<Record<string, unknown>>;
  /** The base directory of this layer's relative paths. */
  readonly base: string;
  /** The place of a value, given as a JSON pointer (`/allow_ports/1`). */
  where(pointer: string): string;
}

export type Origins = Readonly<Record<ConfigKey, Origin>>;

/** A step of a JSON pointer. */
export function pointerStep(key: string | number): string {
  return `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** `/authorized_host_dirs/1/mode` as `authorized_host_dirs[1].mode`. */
export function pointerPath(pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((step, depth) => (/^\d+$/.test(step) ? `[${step}]` : depth === 0 ? step : `.${step}`))
    .join("");
}
