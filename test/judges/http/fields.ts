/** RFC 9112, 5, and RFC 9110, 5 and 7: fields. */
import { get, head, last, lengthOf, line, submit, whole } from "./requests.js";
import { closed, either, open, REFUSED, type Row, rules, type Seen, same } from "./row.js";

/** The id that was understood comes back. */
const idIs = (id: string) => (seen: Seen) => same("the id", seen.answers[0]?.fields.get("x-request-id"), id);
const idIsNot = (id: string) => (seen: Seen) => {
  if (seen.answers[0]?.fields.get("x-request-id") === id) throw new Error(`${id} was taken for a valid id`);
};

export const FIELDS: readonly Row[] = [
  ...rules("9112 5", [
    ["no blank behind the colon", get("X-Request-Id:tight"), open(200), idIs("tight")],
    ["blanks and tabs around the value are not its own", get("X-Request-Id: \t loose \t "), open(200), idIs("loose")],
  ]),
  ...rules("9110 5.1", [
    [
      "names are case-insensitive",
      head(["GET /healthz HTTP/1.1", "hOsT: h", "x-rEQUEST-iD: any"]),
      open(200),
      idIs("any"),
    ],
  ]),
  ...rules("9110 5.5", [
    ["an empty value", get("X:"), open(200)],
    ["a value of blanks", get("X:    "), open(200)],
    ["bytes above ASCII in a value", get("X: \xe4\xff"), open(200)],
    ["a tab inside a value", get("X: a\tb"), open(200)],
    ["NUL in a value", get("X: a\0b"), REFUSED],
    ["another control character in a value", get("X: a\x01b"), either([200, 400])],
  ]),
  ...rules("9112 5.1", [
    ["a blank before the colon", get("X : y"), REFUSED],
    ["a tab before the colon of a length", get("Content-Length\t: 5"), REFUSED],
    ["a blank before the colon of Transfer-Encoding", get("Transfer-Encoding : chunked"), REFUSED],
  ]),
  ...rules("9110 5.1", [
    ["no name", get(": y"), REFUSED],
    ["a blank in the name", get("X Y: z"), REFUSED],
  ]),
  ...rules("9110 5.6.2", [
    ["parentheses in the name", get("X(y): z"), REFUSED],
    ["a byte above ASCII in the name", get("X\xe4: z"), REFUSED],
    ["NUL in the name", get("X\0: z"), REFUSED],
    ["every character of a token in the name", get("!#$%&'*+-.^_`|~09aZ: z"), open(200)],
  ]),
  ...rules("9112 5", [["a line without a colon", get("Broken"), REFUSED]]),
  ...rules("9112 5.2", [
    ["a folded line is refused or becomes a blank", get("X-Request-Id: a", " b"), either([200, 400]), idIsNot("ab")],
    ["a line folded with a tab", get("X-Request-Id: a", "\tb"), either([200, 400]), idIsNot("ab")],
    ["a value that is only folded", get("X-Request-Id:", " folded"), either([200, 400])],
    ["a folded length", (s) => submit((c) => ["Content-Length:", ` ${c.length}`], whole)(s), REFUSED],
    ["a folded Host", head(["GET /healthz HTTP/1.1", "Host: h", " i"]), REFUSED],
  ]),
  ...rules("9110 5.3", [["the same field again", get("Accept: a/b", "Accept: */*"), open(200)]]),
  ...rules("9110 5.4", [
    ["100 fields", get(...Array.from({ length: 98 }, (_, i) => `X-${i}: y`)), open(200)],
    ["more fields than we read", get(...Array.from({ length: 200 }, (_, i) => `X-${i}: y`)), closed(431)],
  ]),
  ...rules("9112 3.2", [
    [
      "Host behind 50 fields",
      head(["GET /healthz HTTP/1.1", ...Array.from({ length: 50 }, (_, i) => `X-${i}: y`), "Host: h"]),
      open(200),
    ],
  ]),
  ...rules("9110 7.8", [
    [
      "an upgrade to what we do not speak is ignored",
      get(
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
      ),
      open(200),
    ],
    [
      "an upgrade to HTTP/2 is ignored",
      get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"),
      open(200),
    ],
    [
      "an upgrade of a request with content",
      submit((c) => [...lengthOf(c), "Connection: Upgrade", "Upgrade: foo/2"], whole),
      open("taken"),
    ],
    ["an upgrade in HTTP/1.0", head(["GET /healthz HTTP/1.0", "Connection: Upgrade", "Upgrade: h2c"]), closed(200)],
  ]),
  ...rules("9110 7.6.2", [["Max-Forwards is not for us", get("Max-Forwards: 0"), open(200)]]),
  ...rules(
    "9110 11.4",
    [
      [
        "credentials of another scheme are no credentials",
        line("GET /v1/nothing HTTP/1.1", "Authorization: Digest username=x"),
        open([401, 403]),
      ],
    ],
    ["agent", "gateway"],
  ),
  ...rules("9112 9.6", [["the last request of a connection", last(), closed(200)]]),
];
