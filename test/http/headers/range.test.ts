import { expect, test } from "vitest";
import { selectRange } from "../../../http/headers/range.js";

const part = (start: number, length: number) => ({ kind: "part", start, length });
const whole = { kind: "whole" };
const unsatisfiable = { kind: "unsatisfiable" };

test.each([
  [undefined, 10, whole],
  ["bytes=0-0", 10, part(0, 1)],
  ["bytes=2-", 10, part(2, 8)],
  ["bytes=-4", 10, part(6, 4)],
  ["bytes=-40", 10, part(0, 10)],
  ["bytes=0-99999999999999999999", 10, part(0, 10)],
  ["bytes=10-", 10, unsatisfiable],
  ["bytes=-0", 10, unsatisfiable],
  ["bytes=0-", 0, unsatisfiable],
  ["bytes=-1", 0, whole],
  ["bytes=10-,20-30", 10, unsatisfiable],
  ["bytes=0-1, 3-4", 10, whole],
  ["bytes=3-1", 10, whole],
  ["bytes=", 10, whole],
  ["bytes=-", 10, whole],
  ["bytes 0-1", 10, whole],
  ["items=0-1", 10, whole],
])("%s of %i bytes → %j", (header, size, selection) => {
  expect(selectRange(header, size)).toEqual(selection);
});

test("a part never reaches beyond the file, whatever is asked", () => {
  for (let size = 1; size < 6; size++) {
    for (let first = 0; first < 7; first++) {
      for (let last = first; last < 8; last++) {
        const selected = selectRange(`bytes=${first}-${last}`, size);
        if (selected.kind !== "part") continue;
        expect(selected.start).toBe(first);
        expect(selected.length).toBe(Math.min(last, size - 1) - first + 1);
      }
    }
  }
});
