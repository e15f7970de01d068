import { expect, test } from "vitest";
import {
  parsePointer,
  parsePointerFragment,
  pointerText,
  resolvePointer,
} from "../../../firewall/sources/json-pointer.js";

/** The document and the table of RFC 6901, 5. */
const document = {
  foo: ["bar", "baz"],
  "": 0,
  "a/b": 1,
  "c%d": 2,
  "e^f": 3,
  "g|h": 4,
  "i\\j": 5,
  'k"l': 6,
  " ": 7,
  "m~n": 8,
};

test.each([
  ["", document],
  ["/foo", ["bar", "baz"]],
  ["/foo/0", "bar"],
  ["/", 0],
  ["/a~1b", 1],
  ["/c%d", 2],
  ["/e^f", 3],
  ["/g|h", 4],
  ["/i\\j", 5],
  ['/k"l', 6],
  ["/ ", 7],
  ["/m~0n", 8],
])("RFC 6901, 5: %j", (pointer, value) => {
  const tokens = parsePointer(pointer) ?? [];
  expect(resolvePointer(document, tokens)).toEqual({ value });
  expect(pointerText(tokens)).toBe(pointer);
});

test.each([
  ["", document],
  ["/foo/0", "bar"],
  ["/c%25d", 2],
  ["/e%5Ef", 3],
  ["/i%5Cj", 5],
  ["/k%22l", 6],
  ["/%20", 7],
])("RFC 6901, 6: as a URI fragment, #%s", (fragment, value) => {
  expect(resolvePointer(document, parsePointerFragment(fragment) ?? ["none"])).toEqual({ value });
});

test.each(["foo", "/~", "/~2", "/a~"])("%j is not a pointer", (text) => {
  expect(parsePointer(text)).toBeUndefined();
});

test.each(["%", "/%zz", "%2"])("#%s is not a fragment that holds a pointer", (text) => {
  expect(parsePointerFragment(text)).toBeUndefined();
});

test.each([
  ["/foo/2", "2", ["foo"]],
  ["/foo/-", "-", ["foo"]],
  ["/foo/01", "01", ["foo"]],
  ["/foo/length", "length", ["foo"]],
  ["/foo/0/x", "x", ["foo", "0"]],
  ["/__proto__", "__proto__", []],
  ["/constructor", "constructor", []],
])("%j leads nowhere, and it is told where it ends", (pointer, missing, from) => {
  expect(resolvePointer(document, parsePointer(pointer) ?? [])).toEqual({ missing, from });
});

test('"~01" is the key "~1", not "/"', () => {
  expect(resolvePointer({ "~1": "here", "/": "not here" }, parsePointer("/~01") ?? [])).toEqual({ value: "here" });
});
