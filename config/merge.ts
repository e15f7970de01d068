/**
 * Merges layers into one set of values. A later layer replaces an earlier one key by key. Lists and tags are never
 * combined, so a file's value applies as written.
 */
import type { Layer, Origin, Origins } from "./origin.js";
import { pointerStep } from "./origin.js";
import { type ConfigFile, type ConfigKey, configKeys } from "./schema.js";

export interface Merged {
  readonly values: ConfigFile;
  readonly origins: Origins;
  /** Which layer each value came from. */
  readonly sources: Readonly<Partial<Record<ConfigKey, Layer>>>;
}

/** @param layers from the weakest to the strongest; each has passed `checkLayer`. */
export function mergeLayers(layers: readonly Layer[]): Merged {
  const values: Record<string, unknown> = {};
  const sources: Partial<Record<ConfigKey, Layer>> = {};
  for (const layer of layers) {
    for (const key of configKeys) {
      const value = layer.values[key];
      if (value === undefined) continue;
      values[key] = value;
      sources[key] = layer;
    }
  }
  const origin = (key: ConfigKey): Origin => {
    const layer = sources[key];
    return layer === undefined
      ? { layer: "default", where: "built in" }
      : { layer: layer.layer, where: layer.where(pointerStep(key)) };
  };
  return {
    values: values as ConfigFile,
    origins: Object.fromEntries(configKeys.map((key) => [key, origin(key)])) as Origins,
    sources,
  };
}
