/** What the rows about files share: requests that know the file's tag, and what must come of the file. */
import { of } from "./requests.js";
import { type Seen, same } from "./row.js";
import type { Subject } from "./subjects.js";

/** The subjects that have one. */
export const FILES = ["agent", "mirror"] as const;
export const AGENT = ["agent"] as const;
/** When the agent's file changed last, less half a second. */
export const CHANGED = "Sun, 02 Feb 2020 02:02:02 GMT";

export const asking = (method: string, fields: (etag: string, other: string) => readonly string[]) => (s: Subject) =>
  of(method, ...fields(s.file?.etag ?? "", '"other"'))(s);

export const bodyIs =
  (from: number, to?: number) =>
  ({ answers }: Seen, { file }: Subject) =>
    same("the part", answers.at(-1)?.body.toString("latin1"), file?.content.subarray(from, to).toString("latin1"));

export const wholeFile = bodyIs(0);

/** @throws Error where the last answer has other fields of these names than the one before. */
export const sameFields =
  (...names: readonly string[]) =>
  ({ answers: [one, two] }: Seen) => {
    for (const name of names) same(name, two?.fields.get(name), one?.fields.get(name));
  };
