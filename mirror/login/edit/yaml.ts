/**
 * `.yarnrc.yml` of Yarn 2 and later. Comments and order stay; spacing may change until `logout`.
 *
 * A path that ends with {@link ITEM} and a text is that item of a list; the other items stay.
 */
import { isDeepStrictEqual } from "node:util";
import { isMap, isScalar, isSeq, parseDocument } from "yaml";
import { isObject } from "../../is-object.js";
import { type Editor, eolOf, type KeyPath, linesOf } from "./editor.js";

/** The part of a path between a list and one of its items. */
export const ITEM = "[]";

export const yamlEditor: Editor = {
  get(text, path) {
    const document = read(text);
    const item = itemOf(path);
    if (item !== undefined) {
      const list = at(document.toJS(), item.list);
      return Array.isArray(list) && list.includes(item.text) ? item.text : undefined;
    }
    const node = document.getIn(path, true);
    // Yarn reads a number as text too, as it is written.
    if (isScalar(node) && typeof node.value === "number") return node.source ?? String(node.value);
    // Behind an alias there is no node.
    const value = isScalar(node) ? node.value : at(document.toJS(), path);
    return typeof value === "string" || typeof value === "boolean" ? value : undefined;
  },
  set(text, path, value) {
    const document = read(text);
    const item = itemOf(path);
    const before = withoutPath(document.toJS(), item?.list ?? path);
    if (item !== undefined) setItem(document, item, value !== undefined);
    else if (value === undefined && !document.hasIn(path)) return text;
    else if (value === undefined) remove(document, path);
    else document.setIn(path, value);
    // A value with an anchor is also where its aliases are.
    const after = withoutPath(document.toJS(), item?.list ?? path);
    if (!isDeepStrictEqual(before, after) && !(isEmpty(before) && isEmpty(after)))
      throw new Error("another key would change as well");
    // An empty document would be printed as null.
    if (isMap(document.contents) && document.contents.items.length === 0) return leadingComments(text);
    return document.toString({ lineWidth: 0 });
  },
};

interface Item {
  readonly list: KeyPath;
  readonly text: string;
}

function itemOf(path: KeyPath): Item | undefined {
  return path.at(-2) === ITEM ? { list: path.slice(0, -2), text: path.at(-1) ?? "" } : undefined;
}

function setItem(document: ReturnType<typeof read>, { list, text }: Item, present: boolean): void {
  const node = document.getIn(list);
  if (!isSeq(node)) {
    // What is there in place of a list is left alone; `applySettings` then notices it.
    if (present && node === undefined) document.setIn(list, [text]);
    return;
  }
  const index = node.items.findIndex((each) => (isScalar(each) ? each.value : each) === text);
  if (present && index < 0) document.addIn(list, text);
  if (!present && index >= 0) node.delete(index);
  if (node.items.length === 0) remove(document, list);
}

/** A copy without what is there, and without maps that are empty then. */
function withoutPath(value: unknown, [key, ...rest]: KeyPath): unknown {
  if (!isObject(value) || key === undefined || !Object.hasOwn(value, key)) return value;
  const { [key]: inner, ...others } = value;
  const left = rest.length === 0 ? undefined : withoutPath(inner, rest);
  return isEmpty(left) ? others : { ...others, [key]: left };
}

const isEmpty = (value: unknown) =>
  value === undefined || value === null || (isObject(value) && Object.keys(value).length === 0);

/** The keys of the map at that place. */
export function yamlKeys(text: string, path: KeyPath): string[] {
  const map = at(read(text).toJS(), path);
  return isObject(map) ? Object.keys(map) : [];
}

function at(value: unknown, path: KeyPath): unknown {
  let found = value;
  for (const key of path) found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  return found;
}

function read(text: string) {
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) throw error;
  return document;
}

/** Also removes maps that are empty then. */
function remove(document: ReturnType<typeof read>, path: KeyPath): void {
  if (!document.hasIn(path)) return;
  document.deleteIn(path);
  const parent = path.slice(0, -1);
  const rest = parent.length === 0 ? undefined : document.getIn(parent);
  if (isMap(rest) && rest.items.length === 0) remove(document, parent);
}

function leadingComments(text: string): string {
  const lines = linesOf(text);
  const first = lines.findIndex((line) => !/^\s*(?:#|$)/.test(line));
  const comments = lines.slice(0, first < 0 ? undefined : first).join("");
  return comments.trim() === "" ? "" : `${comments.trimEnd()}${eolOf(text)}`;
}
