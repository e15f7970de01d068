/** RFC 9112, 7 to 9: chunks, messages that break off, and answers that come before the content. */
import { CHUNKED, chunk, chunked, get, head, LAST_CHUNK, SMUGGLED, submit, whole } from "./requests.js";
import { closed, either, halfClosed, open, REFUSED, type Row, rules } from "./row.js";
import type { Subject } from "./subjects.js";

/** Where a server may refuse, or ignore what is wrong. */
const TAKEN_OR_REFUSED = [200, 201, 204, 400];
const sized = (size: string) => submit(CHUNKED, (c) => `${size}\r\n${c}\r\n${LAST_CHUNK}${SMUGGLED}`);
const extended = (extension: string) => submit(CHUNKED, (c) => chunk(c, extension) + LAST_CHUNK);
const trailed = (...lines: readonly string[]) =>
  submit(CHUNKED, (c) => `${chunk(c)}0\r\n${lines.map((each) => `${each}\r\n`).join("")}\r\n`);
/** Refused without credentials, so that the answer may go out before the content has come. */
const uninvited =
  (fields: readonly string[], body: string) =>
  ({ content }: Subject) =>
    head([content.line, "Host: h", ...fields], body);
const FORBIDDEN = [401, 403];

const CHUNKS: readonly Row[] = [
  ...rules("9112 7.1", [
    ["many chunks", submit(CHUNKED, (c) => [...c].map((each) => chunk(each)).join("") + LAST_CHUNK), open("taken")],
    [
      "a size in capitals and with zeros",
      submit(CHUNKED, (c) => `000${c.length.toString(16).toUpperCase()}\r\n${c}\r\n${LAST_CHUNK}`),
      open("taken"),
    ],
    ["a last chunk of several zeros", submit(CHUNKED, (c) => `${chunk(c)}00000\r\n\r\n`), open("taken")],
    ["content that looks like a last chunk", (s) => `${submit(CHUNKED, chunked)(s)}${get()}`, open("taken", 200)],
  ]),
  ...rules("9112 7.1.1", [
    ["an extension is ignored", extended(";a"), open("taken")],
    ["extensions with values", extended(";a=b;c=d"), open("taken")],
    ["a quoted value", extended(';a="b;c \\" d"'), open("taken")],
  ]),
  ...rules("9110 5.6.3", [
    ["blanks behind the semicolon", extended("; a=b"), either(TAKEN_OR_REFUSED)],
    ["blanks before the semicolon", extended(" ;a"), either(TAKEN_OR_REFUSED)],
  ]),
  ...rules("9112 7.1.1", [
    ["an extension with a bare LF", extended(";a\n"), REFUSED],
    ["an extension with a bare CR", extended(";a\rb"), REFUSED],
    ["an extension with NUL", extended(";\0"), REFUSED],
    ["extensions of 20 KiB", extended(`;${"x".repeat(20_000)}`), closed(413)],
    ["an extension of the last chunk", submit(CHUNKED, (c) => `${chunk(c)}0;last\r\n\r\n`), open("taken")],
  ]),
  ...rules("9112 7.1", [
    ["no size", sized(""), REFUSED],
    ["a size that is none", sized("z"), REFUSED],
    ["a negative size", sized("-1"), REFUSED],
    ["a size with a sign", sized("+c"), REFUSED],
    ["a size with 0x", sized("0xc"), REFUSED],
    ["a blank before the size", sized(" c"), REFUSED],
    ["a size that overflows 64 bits", sized("1000000000000000c"), REFUSED],
    ["a size of 40 digits", sized("f".repeat(40)), REFUSED],
    ["a bare LF behind the size", submit(CHUNKED, (c) => `${c.length.toString(16)}\n${c}\r\n${LAST_CHUNK}`), REFUSED],
    ["a bare CR behind the size", submit(CHUNKED, (c) => `${c.length.toString(16)}\r${c}\r\n${LAST_CHUNK}`), REFUSED],
    ["a bare LF behind the data", submit(CHUNKED, (c) => `${c.length.toString(16)}\r\n${c}\n${LAST_CHUNK}`), REFUSED],
    ["nothing behind the data", submit(CHUNKED, (c) => `${c.length.toString(16)}\r\n${c}${LAST_CHUNK}`), REFUSED],
    [
      "more data than the size",
      submit(CHUNKED, (c) => `${(c.length - 1).toString(16)}\r\n${c}\r\n${LAST_CHUNK}`),
      REFUSED,
    ],
    ["a bare LF at the end", submit(CHUNKED, (c) => `${chunk(c)}0\r\n\n`), REFUSED],
  ]),
  ...rules("9112 7.1.2", [["a trailer is dropped", trailed("X-Checksum: 1"), open("taken")]]),
  ...rules("9110 6.5.1", [
    [
      "a trailer names no request",
      trailed("X-Request-Id: trailed"),
      open("taken"),
      ({ answers }) => {
        if (answers[0]?.fields.get("x-request-id") === "trailed") throw new Error("the trailer was merged");
      },
    ],
    ["a length in a trailer frames nothing", trailed("Content-Length: 30"), either(TAKEN_OR_REFUSED)],
    ["Transfer-Encoding in a trailer frames nothing", trailed("Transfer-Encoding: chunked"), either(TAKEN_OR_REFUSED)],
    ["Host in a trailer is no second host", trailed("Host: other"), open("taken")],
    ["a trailer does not close the connection", trailed("Connection: close"), either("taken")],
  ]),
  ...rules("9112 7.1.2", [
    ["a malformed trailer", trailed("X Y: z"), REFUSED],
    ["a trailer without a colon", trailed("Broken"), REFUSED],
    ["trailers of 20 KiB", trailed(`X: ${"x".repeat(20_000)}`), closed(431)],
  ]),
];

const CUT: readonly Row[] = [
  ...rules("9112 8", [
    ["a head that breaks off", "GET /healthz HTTP/1.1\r\nHost: h\r\n", halfClosed(400)],
    ["a request line that breaks off", "GET /heal", halfClosed(400)],
    ["content shorter than its length", submit((c) => [`Content-Length: ${c.length + 5}`], whole), halfClosed(400)],
    ["chunks without the last", submit(CHUNKED, (c) => chunk(c)), halfClosed(400)],
    [
      "a chunk shorter than its size",
      submit(CHUNKED, (c) => `${(c.length + 5).toString(16)}\r\n${c}`),
      halfClosed(400),
    ],
    ["the last chunk without its end", submit(CHUNKED, (c) => `${chunk(c)}0\r\n`), halfClosed(400)],
  ]),
];

const EARLY: readonly Row[] = [
  ...rules("9112 9.3", [
    ["refused content is read, or the connection closed", uninvited(["Content-Length: 5"], "hello"), either(FORBIDDEN)],
    ["refused content is no request", uninvited([`Content-Length: ${SMUGGLED.length}`], SMUGGLED), either(FORBIDDEN)],
    ["refused chunks are no request", uninvited(CHUNKED, chunk(SMUGGLED) + LAST_CHUNK), either(FORBIDDEN)],
    [
      "what stands behind refused content is answered behind it, or not at all",
      uninvited(["Content-Length: 5"], `hello${"\r\n"}`),
      either(FORBIDDEN),
    ],
  ]),
  ...rules("9112 7.1", [
    ["refused chunks that are broken get one answer", uninvited(CHUNKED, `z\r\n${SMUGGLED}`), closed([401, 403, 400])],
    [
      "refused chunks that break later get one answer",
      uninvited(CHUNKED, `${chunk("hello")}z\r\n${SMUGGLED}`),
      closed([401, 403, 400]),
    ],
    [
      "broken chunks on GET get one answer",
      head(["GET /healthz HTTP/1.1", "Host: h", ...CHUNKED], `z\r\n${SMUGGLED}`),
      closed([200, 400]),
    ],
    [
      "broken chunks behind a good request",
      (s) => get("X-Request-Id: good") + submit(CHUNKED, () => `z\r\n${SMUGGLED}`)(s),
      closed(200, 400),
    ],
    ["chunks that break behind good ones", submit(CHUNKED, (c) => `${chunk(c.slice(0, 3))}z\r\n${SMUGGLED}`), REFUSED],
  ]),
];

export const CHUNKING: readonly Row[] = [...CHUNKS, ...CUT, ...EARLY];
