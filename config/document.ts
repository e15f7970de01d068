/** Parses a YAML text into a layer: its values, each with line and column. Reads no files. */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { duplicateKey, notAMapping, syntax } from "./errors.js";
import { type Layer, type Origin, pointerStep } from "./origin.js";

/** @param shownAs the file's name in places and errors. */
export function parseLayer(
  text: string,
  options: { layer: Origin["layer"]; shownAs: string; base: string },
): { layer: Layer; warnings: string[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, version: "1.2" });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${options.shownAs}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };

  const [error] = document.errors;
  if (error) throw syntax(place(error.pos[0]), error.message);
  const root = document.contents as Node | null;
  const places = new Map<string, string>();
  if (root !== null && !(isScalar(root) && root.value === null)) {
    if (!isMap(root)) throw notAMapping(place(root.range?.[0] ?? 0));
    collectPlaces(root, "", places, place);
  }

  return {
    layer: {
      layer: options.layer,
      base: options.base,
      values: toValues(document, () => place(0)),
      where: (pointer) => nearestPlace(places, pointer) ?? options.shownAs,
    },
    warnings: document.warnings.map((warning) => `${place(warning.pos[0])}: ${warning.message}`),
  };
}

/** A cyclic or exponential alias parses, but has no finite value. */
function toValues(document: ReturnType<typeof parseDocument>, place: () => string): Record<string, unknown> {
  try {
    return (document.toJS({ maxAliasCount: 100 }) ?? {}) as Record<string, unknown>;
  } catch (error) {
    throw syntax(place(), error instanceof Error ? error.message : String(error));
  }
}

/** A value without a position of its own (an item of a split text) gets the position of its parent. */
function nearestPlace(places: ReadonlyMap<string, string>, pointer: string): string | undefined {
  for (let end = pointer.length; end > 0; end = pointer.lastIndexOf("/", end - 1)) {
    const place = places.get(pointer.slice(0, end));
    if (place !== undefined) return place;
  }
  return undefined;
}

/** The position of a pair is that of its key, which is what people search for. An item has its own. */
function collectPlaces(
  node: unknown,
  pointer: string,
  places: Map<string, string>,
  place: (offset: number) => string,
): void {
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      const name = String(isScalar(key) ? key.value : key);
      const here = pointer + pointerStep(name);
      const where = place((key as Node).range?.[0] ?? 0);
      const first = places.get(here);
      if (first !== undefined) throw duplicateKey(where, name, first);
      places.set(here, where);
      collectPlaces(value, here, places, place);
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      const here = pointer + pointerStep(index);
      places.set(here, place((item as Node).range?.[0] ?? 0));
      collectPlaces(item, here, places, place);
    }
  }
}
