/** RFC 9112, 9, and RFC 9110, 8 to 11: how long connections last, methods, and expectations. */
import { AGENT, FILES, sameFields } from "./files.js";
import { chunk, get, head, LAST_CHUNK, last, lengthOf, of, SMUGGLED, submit, whole } from "./requests.js";
import { closed, either, open, REFUSED, type Row, rules, type Seen, same } from "./row.js";

const bodyless = ({ answers: [only] }: Seen) => same("the content", only?.body.length, 0);

const PERSISTENCE: readonly Row[] = [
  ...rules("9112 9.3", [
    ["HTTP/1.1 stays open", get(), open(200)],
    ["close", last(), closed(200)],
    ["close in capitals", get("Connection: CLOSE"), closed(200)],
    ["close among others", get("Connection: foo, close"), closed(200)],
    ["close before keep-alive", get("Connection: close, keep-alive"), closed(200)],
    ["keep-alive before close", get("Connection: keep-alive, close"), closed(200)],
    ["close in the second of two fields", get("Connection: foo", "Connection: close"), closed(200)],
    ["an option that is no close", get("Connection: closed"), open(200)],
  ]),
  ...rules("9110 5.6.1.2", [["empty members around close", get("Connection: , close,"), closed(200)]]),
  ...rules("9112 9.3", [
    ["HTTP/1.0 closes", head(["GET /healthz HTTP/1.0"]), closed(200)],
    ["HTTP/1.0 stays open if it asks to", head(["GET /healthz HTTP/1.0", "Connection: keep-alive"]), either(200)],
    ["HTTP/1.0 with close", head(["GET /healthz HTTP/1.0", "Connection: close"]), closed(200)],
    [
      "a refusal closes where it was asked to",
      head(["GET /nothing HTTP/1.1", "Host: h", "Connection: close"]),
      closed([401, 404]),
    ],
    ["a refusal keeps the connection", head(["GET /nothing HTTP/1.1", "Host: h"]), open([401, 404])],
  ]),
  ...rules("9112 9.6", [
    ["nothing behind close is answered", last() + SMUGGLED, closed(200)],
    ["not even bad bytes", `${last()}\x01\x02\r\n\r\n`, closed(200)],
    [
      "nothing behind content with close",
      (s) => submit((c) => [...lengthOf(c), "Connection: close"], whole)(s) + SMUGGLED,
      closed("taken"),
    ],
    ["nothing behind HTTP/1.0", head(["GET /healthz HTTP/1.0"]) + SMUGGLED, closed(200)],
  ]),
  ...rules("9112 9.3.2", [
    [
      "pipelined requests are answered in order",
      (s) => get("X-Request-Id: one") + submit(lengthOf, whole)(s) + get("X-Request-Id: three"),
      open(200, "taken", 200),
      ({ answers }) => {
        same("the first", answers[0]?.fields.get("x-request-id"), "one");
        same("the third", answers[2]?.fields.get("x-request-id"), "three");
      },
    ],
    ["pipelined requests up to one that closes", get() + get() + last(), closed(200, 200, 200)],
    ["a refused one among others", get() + head(["FETCH /healthz HTTP/1.1", "Host: h"]) + SMUGGLED, closed(200, 501)],
    [
      "one with a bad host among others",
      get() + head(["GET /healthz HTTP/1.1", "Host: a b"]) + SMUGGLED,
      closed(200, 400),
    ],
    [
      "one with a bad version among others",
      get() + head(["GET /healthz HTTP/3.0", "Host: h"]) + SMUGGLED,
      closed(200, 505),
    ],
    [
      "one with a bad coding among others",
      get() + head(["PUT /x HTTP/1.1", "Host: h", "Transfer-Encoding: cow, chunked"], LAST_CHUNK) + SMUGGLED,
      closed(200, 501),
    ],
  ]),
];

const METHODS: readonly Row[] = [
  ...rules("9110 9.3.2", [
    ["HEAD is GET without content", head(["HEAD /healthz HTTP/1.1", "Host: h"]), open(200), bodyless],
  ]),
  ...rules(
    "9110 9.3.2",
    [
      [
        "HEAD and GET have the same fields",
        (s) => of("HEAD")(s) + of("GET")(s),
        open(200, 200),
        sameFields("content-length", "content-type", "etag", "last-modified", "accept-ranges", "cache-control", "vary"),
      ],
    ],
    FILES,
  ),
  ...rules("9110 9.3.2", [
    [
      "HEAD of nothing is refused without content",
      head(["HEAD /nothing HTTP/1.1", "Host: h"]),
      open([401, 404]),
      bodyless,
    ],
    ["HEAD with a malformed Host", head(["HEAD /healthz HTTP/1.1", "Host: a b"]), REFUSED, bodyless],
    ["HEAD with a malformed field", head(["HEAD /healthz HTTP/1.1", "Host: h", "X Y: z"]), REFUSED],
    ["HEAD behind GET and before it", get() + head(["HEAD /healthz HTTP/1.1", "Host: h"]) + get(), open(200, 200, 200)],
    ["HEAD with content", head(["HEAD /healthz HTTP/1.1", "Host: h", "Content-Length: 5"], "hello"), either(200)],
  ]),
  ...rules("9110 9.3.8", [
    [
      "TRACE is not done",
      head(["TRACE /healthz HTTP/1.1", "Host: h", "Cookie: secret"]),
      either([401, 405, 501]),
      ({ answers: [only] }) => {
        if (only?.body.includes("secret")) throw new Error("the request came back");
      },
    ],
    ["TRACE with Max-Forwards", head(["TRACE / HTTP/1.1", "Host: h", "Max-Forwards: 0"]), either([401, 404, 405, 501])],
  ]),
  ...rules(
    "9110 15.5.6",
    [
      ["a known method that a resource has not", (s) => of("POST", "Content-Length: 0")(s), open(405)],
      ["PATCH", (s) => of("PATCH", "Content-Length: 0")(s), open([405, 501])],
    ],
    FILES,
  ),
  ...rules("9110 9.2.3", [["a method of WebDAV", (s) => of("PROPFIND", "Depth: 0")(s), open([405, 501])]], FILES),
  ...rules(
    "9110 9.3.4",
    [
      [
        "PUT of what is new, and again",
        (s) => submit(lengthOf, whole)(s) + submit(lengthOf, whole)(s),
        open(201, [200, 204]),
      ],
    ],
    AGENT,
  ),
  ...rules(
    "9110 14.5",
    [["PUT of a part", submit((c) => [...lengthOf(c), "Content-Range: bytes 0-4/100"], whole), either(400)]],
    AGENT,
  ),
  ...rules(
    "9110 8.4",
    [
      [
        "PUT with a coding that we do not decode",
        submit((c) => [...lengthOf(c), "Content-Encoding: gzip"], whole),
        either([400, 415]),
      ],
    ],
    AGENT,
  ),
  ...rules(
    "9110 8.4.1",
    [
      [
        "names of content codings are case-insensitive",
        submit((c) => [...lengthOf(c), "Content-Encoding: Identity"], whole),
        open("taken"),
      ],
    ],
    AGENT,
  ),
  ...rules(
    "9110 8.3.1",
    [
      [
        "media types are case-insensitive",
        (s) => submit(lengthOf, whole)(s).replace("application/json", "Application/JSON"),
        open("taken"),
      ],
    ],
    ["gateway"],
  ),
  ...rules(
    "9110 5.6.6",
    [
      [
        "empty parameters of a media type",
        (s) => submit(lengthOf, whole)(s).replace("application/json", 'application/json ; ; charset="utf-8" ;'),
        open("taken"),
      ],
    ],
    ["gateway"],
  ),
  ...rules(
    "9110 11.1",
    [["names of schemes are case-insensitive", (s) => of("GET")(s).replace("Bearer", "bEARER"), open(200)]],
    FILES,
  ),
  ...rules(
    "9110 11.4",
    [["two blanks behind the scheme", (s) => of("GET")(s).replace("Bearer ", "Bearer  "), open(200)]],
    FILES,
  ),
  ...rules("9110 11.6.1", [["401 says how to come in", head(["GET /v1/files HTTP/1.1", "Host: h"]), open([401, 403])]]),
  ...rules("9110 12.5.3", [
    [
      "a coding that is refused is not used",
      get("Accept-Encoding: identity, gzip;q=0, *;q=0"),
      open(200),
      ({ answers: [only] }) => same("the coding", only?.fields.get("content-encoding"), undefined),
    ],
  ]),
];

const EXPECTATIONS: readonly Row[] = [
  ...rules("9110 10.1.1", [
    ["100-continue, and the content", submit((c) => [...lengthOf(c), "Expect: 100-continue"], whole), open("taken")],
    ["100-continue in capitals", submit((c) => [...lengthOf(c), "Expect: 100-CONTINUE"], whole), open("taken")],
    [
      "100-continue with chunks",
      submit(["Transfer-Encoding: chunked", "Expect: 100-continue"], (c) => chunk(c) + LAST_CHUNK),
      open("taken"),
    ],
    ["100-continue without content", get("Expect: 100-continue"), either(200)],
    [
      "100-continue for what is refused: no 100",
      head(["PUT /nothing HTTP/1.1", "Host: h", "Content-Length: 5", "Expect: 100-continue"]),
      closed([401, 404, 405]),
      ({ interim }) => same("interim answers", interim.length, 0),
    ],
    [
      "100-continue with a bad Host: no 100",
      head(["PUT /nothing HTTP/1.1", "Host: a b", "Content-Length: 5", "Expect: 100-continue"]),
      REFUSED,
      ({ interim }) => same("interim answers", interim.length, 0),
    ],
    [
      "100-continue in HTTP/1.0 is ignored",
      (s) => submit((c) => [...lengthOf(c), "Expect: 100-continue"], whole)(s).replace("HTTP/1.1", "HTTP/1.0"),
      closed("taken"),
      ({ interim }) => same("interim answers", interim.length, 0),
    ],
    ["another expectation", submit((c) => [...lengthOf(c), "Expect: chips"], whole), either([417, 200, 201, 204])],
    ["another expectation without content", get("Expect: chips"), either([417, 200])],
    [
      "100-continue among others",
      submit((c) => [...lengthOf(c), "Expect: 100-continue, chips"], whole),
      either([417, 200, 201, 204]),
    ],
    [
      "what follows a refused expectation is no request",
      head(["PUT /nothing HTTP/1.1", "Host: h", `Content-Length: ${SMUGGLED.length}`, "Expect: chips"], SMUGGLED),
      either([417, 401, 404, 405]),
    ],
  ]),
  ...rules("9110 15.2", [
    [
      "two that wait, pipelined",
      (s) => submit((c) => [...lengthOf(c), "Expect: 100-continue"], whole)(s).repeat(2),
      open("taken", "taken"),
    ],
  ]),
];

export const CONNECTIONS: readonly Row[] = [...PERSISTENCE, ...METHODS, ...EXPECTATIONS];
