/** Text that is written to keep a parser busy, and a limit that ends one that it does. */
import { runInThisContext } from "node:vm";

/** A linear parser needs milliseconds for such texts; one that takes quadratic time needs minutes. */
const STUCK_MS = 20_000;

const WORDS = [
  " ",
  "\t",
  "\n",
  "\r",
  "\\",
  "\\\n",
  "a",
  "0",
  "-",
  ".",
  ",",
  ":",
  ";",
  "=",
  "/",
  "//",
  "%",
  "%41",
  "&",
  "&#",
  "#",
  "@",
  "*",
  '"',
  "'",
  "(",
  "[",
  "[[",
  "{",
  "<",
  "<a ",
  "<!--",
  "<a href=",
  "a=",
  "a =",
  "a\n ",
  "a: ",
  "a:\n ",
  "- ",
  "[a]\n",
  "machine ",
  "macdef a\n",
  "login a ",
  " SRC=",
  " a SRC=1 DST=1",
  "\u00a0",
  "\u2028",
  "\ud800",
  "é",
];

/** Each word many times: alone, with a beginning, and with an end that fits nothing. */
const repeated = (length: number): readonly string[] =>
  WORDS.flatMap((word) => {
    const many = word.repeat(Math.ceil(length / word.length));
    return [many, `a${many}\u0001`, `a = "${many}`, `[a]\n${many}x`, `[a]\na${many}x`, `[a]\nb = x${many}y`];
  });

/** Nested deeper than any stack is. */
const nested = (depth: number): readonly string[] =>
  [
    ["[", "]"],
    ['{"a":', "}"],
    ['{"dependencies":', "}"],
    ['{"dependencies":{"a":', "}}"],
  ].flatMap(([open = "", close = ""]) => {
    const text = `${open.repeat(depth)}1${close.repeat(depth)}`;
    return [text, `a = ${text}`];
  });

export const HOSTILE = [...repeated(50_000), ...nested(20_000)];
/** For parsers of libraries that are quadratic, in files that only their own user writes. */
export const SHORTER = [...repeated(2_000), ...nested(2_000)];

/** Runs `work`, and fails if it does not come to an end by itself: even a regular expression is interrupted. */
export function endsByItself<T>(work: () => T): T {
  const key = "__sallyportWork";
  const room = globalThis as unknown as Record<string, unknown>;
  room[key] = work;
  try {
    return runInThisContext(`${key}()`, { timeout: STUCK_MS }) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    throw Object.assign(new Error(`it takes more than ${STUCK_MS} ms`), { name: "Stuck" });
  } finally {
    delete room[key];
  }
}
