/** No parser of other people's text takes superlinear time, or fails in any way but its own, whatever comes. */
import { expect, test } from "vitest";
import { parseFilePath } from "../../agent/guard/file-path.js";
import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import { parseDuration } from "../../base/text/duration.js";
import { parseHostArgument } from "../../client/agent/host-argument.js";
import { parseIni } from "../../config/apyfal/ini.js";
import { parseLayer } from "../../config/document.js";
import { setLayer } from "../../config/text-layers.js";
import { readTextFile } from "../../firewall/sources/text-file.js";
import { kernelLineParser } from "../../gateway/logs/source/parse-kernel-line.js";
import { ulogdParser } from "../../gateway/logs/source/parse-ulogd.js";
import { bearerOfBasic } from "../../http/headers/basic.js";
import { parseHttpDate } from "../../http/headers/date.js";
import { parseDigest, wantsDigest } from "../../http/headers/digest.js";
import { parseTags } from "../../http/headers/etag.js";
import { isHost } from "../../http/headers/host.js";
import { isForeign } from "../../http/headers/origin.js";
import { selectRange } from "../../http/headers/range.js";
import { judgeCoding } from "../../http/headers/transfer-encoding.js";
import { Problem } from "../../http/problem.js";
import { parseTarget } from "../../http/server/target.js";
import { parseLock } from "../../mirror/login/check/lockfile.js";
import { parseRequirements } from "../../mirror/login/check/requirements.js";
import { reading } from "../../mirror/login/edit/editor.js";
import { EDITORS } from "../../mirror/login/edit/editors.js";
import { parsePackument } from "../../mirror/npm/document.js";
import { parsePythonFile } from "../../mirror/pypi/names.js";
import { parseSimple } from "../../mirror/pypi/parse-simple.js";
import { chooseType } from "../../mirror/pypi/render-simple.js";
import { parseMetadata } from "../../mirror/pypi/wheel.js";
import { Cidr } from "../../net/cidr.js";
import { endsByItself, HOSTILE, SHORTER } from "../support/hostile.js";

const PAGE = new URL("https://index.test/simple/a/");
const kernel = kernelLineParser({ zone: "UTC" });
const ulogd = ulogdParser({ zone: "UTC" });
const PATHS = {
  ini: ["a", "b"],
  npmrc: ["a"],
  yarnrc: ["a"],
  netrc: ["a"],
  toml: ["a", "b"],
  "uv-index": ["a"],
  yaml: ["a", "b"],
} as const;

interface Parser {
  readonly name: string;
  readonly parse: (text: string) => unknown;
  /** The only errors that it may throw. @default none */
  readonly errors?: (error: unknown) => boolean;
  readonly texts?: readonly string[];
}

const OURS: readonly (readonly [name: string, parse: Parser["parse"], errors?: NonNullable<Parser["errors"]>])[] = [
  ["a CIDR", Cidr.canonical, isFault],
  ["a time span", parseDuration, isFault],
  ["a HOST argument", parseHostArgument, isFault],
  ["a list of addresses", readTextFile],
  ["accelerator.conf", (text) => parseIni(text, "f"), isFault],
  ["requirements.txt", (text) => parseRequirements(text, "f"), isFault],
  ["package-lock.json", (text) => parseLock(text, "f"), isFault],
  ["a kernel log line", kernel],
  ["a kernel log line behind a date", (text) => kernel(`2026-01-02T03:04:05Z h kernel: ${text}`)],
  ["ulogd's JSON", ulogd],
  ["a simple index in HTML", (text) => parseSimple(`<html>${text}`, "text/html", "a", PAGE), isPlain],
  ["a simple index in JSON", (text) => parseSimple(text, "application/json", "a", PAGE), isPlain],
  ["a packument", (text) => parsePackument(text, "a", PAGE), isPlain],
  ["the name of a file on PyPI", (text) => parsePythonFile(text, "a")],
  ["a wheel's metadata", (text) => parseMetadata(Buffer.from(text))],
  ["Accept", chooseType],
  ["a request target", parseTarget],
  ["a request target in absolute form", (text) => parseTarget(`https://${text}`)],
  ["the path of a file", (text) => parseFilePath(`/v1/files/${text}`), (error) => error instanceof Problem],
  ["Host", isHost],
  ["Origin", (text) => isForeign({ origin: text, referer: `https://${text}` }, { hosts: [text], encrypted: true })],
  ["Authorization", (text) => bearerOfBasic(`Basic ${text}`)],
  ["a date", parseHttpDate],
  ["a digest", (text) => [parseDigest(text), wantsDigest(text)]],
  ["entity tags", parseTags],
  ["a range", (text) => [selectRange(text, 10), selectRange(`bytes=${text}`, 10), selectRange(`bytes=0-${text}`, 10)]],
  ["Transfer-Encoding", judgeCoding],
];

const edits = Object.entries(EDITORS).flatMap(([format, { get, set }]): Parser[] => {
  const path = PATHS[format as keyof typeof EDITORS];
  const texts = format === "yaml" ? SHORTER : HOSTILE;
  const works = {
    read: (text: string) => get(text, path),
    edited: (text: string) => set(text, path, "v"),
    "edited away": (text: string) => set(text, path, undefined),
  };
  return Object.entries(works).map(([what, work]) => ({
    name: `${format}, ${what}`,
    parse: (text) => reading("f", () => work(text)),
    errors: isFault,
    texts,
  }));
});

const PARSERS: readonly Parser[] = [
  ...OURS.map(([name, parse, errors]) => defined({ name, parse, errors })),
  ...edits,
  {
    name: "sallyport.yaml",
    parse: (text) => parseLayer(text, { layer: "project", shownAs: "f", base: "/" }),
    errors: isFault,
    texts: SHORTER,
  },
  {
    name: "--set",
    parse: (text) => setLayer([text, `tags=${text}`, `lab_gateway=${text}`], "/"),
    errors: isFault,
    texts: SHORTER,
  },
];

test.each(PARSERS)("$name", ({ parse, errors = () => false, texts = HOSTILE }) => {
  for (const text of texts) {
    try {
      endsByItself(() => parse(text));
    } catch (error) {
      expect(errors(error), `${JSON.stringify(text.slice(0, 20))}…: ${error}`).toBe(true);
    }
  }
});

function isFault(error: unknown): boolean {
  return error instanceof Fault;
}

/** What says that a document is wrong: an error of no narrower kind than a syntax error. */
function isPlain(error: unknown): boolean {
  return error instanceof Error && ["Error", "SyntaxError"].includes(error.name);
}
