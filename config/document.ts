/** Parses a YAML text into a layer: its values, each with line and column. Reads no files. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from "yaml";
import { duplicateKey, notAMapping, syntax } from "./errors.js";
import { type Layer, type Origin, pointerStep } from "./origin.js";

/** @param shownAs the file's name in places and errors. */
export function parseLayer(
  text: string,
  options: { layer: Origin["layer"]; shownAs: string; base: string },
): { layer: Layer; warnings: string[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    version: "1.2",
    merge: true,
  });
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
    const resolved = (node: unknown) => (isAlias(node) ? node.resolve(document) : node);
    collectPlaces(root, "", { places, place, resolved, merges: { left: MAX_MERGES } });
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

interface Collecting {
  readonly places: Map<string, string>;
  readonly place: (offset: number) => string;
  /** The node that an alias stands for. */
  readonly resolved: (node: unknown) => unknown;
  /** Merges may refer to each other, so a short text can have endlessly many. */
  readonly merges: { left: number };
}

const MAX_MERGES = 1000;

/** The position of a pair is that of its key, which is what people search for. An item has its own. */
function collectPlaces(node: unknown, pointer: string, collecting: Collecting): void {
  const { places, place } = collecting;
  if (isMap(node)) {
    const own = node.items.filter((pair) => !isMerge(pair));
    for (const { key, value } of own) {
      const here = pointer + stepOf(key);
      const where = place((key as Node).range?.[0] ?? 0);
      const first = places.get(here);
      if (first !== undefined) throw duplicateKey(where, nameOf(key), first);
      places.set(here, where);
      collectPlaces(value, here, collecting);
    }
    collectMerged(node, pointer, collecting);
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      const here = pointer + pointerStep(index);
      places.set(here, place((item as Node).range?.[0] ?? 0));
      collectPlaces(item, here, collecting);
    }
  }
}

/** What `<<: *base` brings in, where the mapping has no value of its own; the first of several sources wins. */
function collectMerged(node: YAMLMap, pointer: string, collecting: Collecting): void {
  const { resolved, place, merges } = collecting;
  for (const { key, value } of node.items.filter(isMerge)) {
    const where = place((key as Node).range?.[0] ?? 0);
    const source = resolved(value);
    for (const each of isSeq(source) ? source.items.map(resolved) : [source]) {
      if (!isMap(each)) throw syntax(where, "<< needs a mapping, or the alias of one");
      if (merges.left-- === 0) throw syntax(where, "too many merges, or one that contains itself");
      const inside: Collecting = { ...collecting, places: new Map() };
      collectPlaces(each, pointer, inside);
      const before = [...collecting.places.keys()].filter((place) => place.startsWith(`${pointer}/`));
      const taken = new Set(before.map((place) => place.slice(pointer.length).split("/")[1]));
      for (const [at, where] of inside.places) {
        if (!taken.has(at.slice(pointer.length).split("/")[1])) collecting.places.set(at, where);
      }
    }
  }
}

const isMerge = ({ key }: Pair) => isScalar(key) && typeof key.value === "symbol";
const nameOf = (key: unknown) => String(isScalar(key) ? key.value : key);
const stepOf = (key: unknown) => pointerStep(nameOf(key));
