/** A strict reader of HTTP/1.1 answers: what RFC 9110 and 9112 forbid a server to send is an error. */

export interface Answer {
  readonly status: number;
  /** By name in small letters; several fields of a name are joined by commas. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

const STATUS_LINE = /^HTTP\/1\.1 (\d{3}) [\t\x20-\x7e\x80-\xff]*$/;
const FIELD_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
const IMF_FIXDATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/;
const LISTS = new Set(["allow", "cache-control", "connection", "vary", "www-authenticate"]);

/**
 * Takes one answer off the beginning of `bytes`.
 *
 * @param ended whether the connection has ended behind them.
 * @returns undefined while it is incomplete. @throws Error for what is no valid answer.
 */
export function readAnswer(bytes: Buffer, toHead: boolean, ended: boolean) {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) {
    if (ended && bytes.length > 0)
      throw new Error(`the connection ended in a head: ${JSON.stringify(bytes.toString())}`);
    return undefined;
  }
  const [first = "", ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const status = Number(STATUS_LINE.exec(first)?.[1] ?? Number.NaN);
  if (Number.isNaN(status)) throw new Error(`this is no status line: ${JSON.stringify(first)}`);
  const fields = new Map<string, string>();
  for (const line of lines) {
    const [, name = "", value = ""] = FIELD_LINE.exec(line) ?? [];
    if (name === "") throw new Error(`this is no field: ${JSON.stringify(line)}`);
    const key = name.toLowerCase();
    const before = fields.get(key);
    if (before !== undefined && !LISTS.has(key)) throw new Error(`${name} comes twice`);
    fields.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  const rest = bytes.subarray(end + 4);
  const framed = bodyOf(status, fields, rest, toHead);
  if (framed === undefined) {
    if (ended) throw new Error(`the connection ended in the body of ${status}`);
    return undefined;
  }
  const answer: Answer = { status, fields, body: framed.body };
  check(answer, toHead);
  return { answer, rest: rest.subarray(framed.taken) };
}

/** RFC 9112, 6.3; a body that ends with the connection is not expected of these servers. */
function bodyOf(status: number, fields: ReadonlyMap<string, string>, rest: Buffer, toHead: boolean) {
  const length = fields.get("content-length");
  const coding = fields.get("transfer-encoding");
  if (length !== undefined && coding !== undefined) throw new Error("Content-Length beside Transfer-Encoding");
  if (length !== undefined && !/^\d+$/.test(length)) throw new Error(`Content-Length: ${length}`);
  const bare = status < 200 || status === 204;
  if (bare && (length ?? coding) !== undefined) throw new Error(`${status} has no length (RFC 9110, 8.6)`);
  if (bare || status === 304 || toHead) return { body: Buffer.alloc(0), taken: 0 };
  if (coding !== undefined) return dechunk(rest, coding);
  if (length === undefined) throw new Error(`${status} has neither a length nor chunks`);
  return rest.length < Number(length) ? undefined : { body: rest.subarray(0, Number(length)), taken: Number(length) };
}

function dechunk(rest: Buffer, coding: string) {
  if (coding.toLowerCase() !== "chunked") throw new Error(`Transfer-Encoding: ${coding}`);
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = rest.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const text = rest.subarray(at, line).toString("latin1");
    if (!/^[0-9a-f]+$/i.test(text)) throw new Error(`this is no chunk size: ${JSON.stringify(text)}`);
    const size = Number.parseInt(text, 16);
    const next = line + 2 + size;
    if (rest.length < next + 2) return undefined;
    if (rest.subarray(next, next + 2).toString() !== "\r\n") throw new Error("a chunk does not end with its size");
    if (size === 0) return { body: Buffer.concat(chunks), taken: next + 2 };
    chunks.push(rest.subarray(line + 2, next));
    at = next + 2;
  }
}

function check({ status, fields, body }: Answer, toHead: boolean): void {
  if (status < 200) return;
  const need = (name: string, pattern: RegExp) => {
    const value = fields.get(name);
    if (value === undefined || !pattern.test(value)) throw new Error(`${status} with ${name}: ${value}`);
  };
  need("date", IMF_FIXDATE);
  const date = Date.parse(fields.get("date") ?? "");
  if (Math.abs(date - Date.now()) > 60_000) throw new Error(`Date: ${fields.get("date")}`);
  if (fields.has("last-modified")) {
    need("last-modified", IMF_FIXDATE);
    if (Date.parse(fields.get("last-modified") ?? "") > date + 1_000)
      throw new Error("Last-Modified is later than Date");
  }
  if (fields.has("etag")) need("etag", /^(W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/);
  if (status === 401) need("www-authenticate", /^[A-Za-z]/);
  if (status === 405) need("allow", /^([A-Z]+(, [A-Z]+)*)?$/);
  if (status === 416) need("content-range", /^bytes \*\/\d+$/);
  if (status === 206) {
    need("content-range", /^bytes \d+-\d+\/\d+$/);
    const [, from, to, size] = /(\d+)-(\d+)\/(\d+)/.exec(fields.get("content-range") ?? "") ?? [];
    if (Number(to) >= Number(size) || Number(to) - Number(from) + 1 !== body.length) throw new Error("a wrong part");
  }
  if (fields.get("content-type") === "application/problem+json" && !toHead) {
    if ((JSON.parse(body.toString()) as { status: number }).status !== status)
      throw new Error("a problem of another status");
  }
}
