/** RFC 9112, 6: how long content is. */
import { CHUNKED, chunked, get, head, lengthOf, SMUGGLED, submit, whole } from "./requests.js";
import { closed, either, open, REFUSED, type Row, rules } from "./row.js";

/** Content whose length lies, with a request in what is left over. */
const lying = (field: string) =>
  submit(
    () => [field],
    (content) => content + SMUGGLED,
  );

const LENGTHS: readonly Row[] = [
  ...rules("9112 6.2", [
    ["content of a given length", submit(lengthOf, whole), open("taken")],
    ["a length with zeros before it", submit((c) => [`Content-Length: 000${c.length}`], whole), open("taken")],
    ["no content on GET", get("Content-Length: 0"), open(200)],
  ]),
  ...rules("9110 9.3.1", [
    ["content on GET does not become a request", `${get("Content-Length: 5")}hello`, either(200)],
    ["nor does content that looks like one", get(`Content-Length: ${SMUGGLED.length}`) + SMUGGLED, either(200)],
  ]),
  ...rules(
    "9112 6.3",
    [["no length means no content", (s) => submit([], () => "")(s), either([200, 201, 204, 400, 411, 422])]],
    ["gateway", "mirror"],
  ),
  ...rules("9112 6.3", [
    ["the same length twice", submit((c) => [...lengthOf(c), ...lengthOf(c)], whole), REFUSED],
    ["a list of the same length", submit((c) => [`Content-Length: ${c.length}, ${c.length}`], whole), REFUSED],
    ["two lengths", submit((c) => [...lengthOf(c), "Content-Length: 3"], whole), REFUSED],
    ["a list of two lengths", submit((c) => [`Content-Length: ${c.length}, 3`], whole), REFUSED],
    ["a length with a sign", lying("Content-Length: +5"), REFUSED],
    ["a negative length", lying("Content-Length: -1"), REFUSED],
    ["a hexadecimal length", lying("Content-Length: 0x5"), REFUSED],
    ["a fraction", lying("Content-Length: 5.0"), REFUSED],
    ["an exponent", lying("Content-Length: 1e1"), REFUSED],
    ["a blank inside the length", lying("Content-Length: 1 2"), REFUSED],
    ["an underscore inside the length", lying("Content-Length: 1_2"), REFUSED],
    ["an empty length", lying("Content-Length:"), REFUSED],
    ["a quoted length", lying('Content-Length: "5"'), REFUSED],
    ["a length of other digits", lying("Content-Length: \xb2"), REFUSED],
  ]),
  ...rules("9110 8.6", [
    ["a length beyond 64 bits", lying("Content-Length: 18446744073709551621"), REFUSED],
    ["a length of 30 digits", lying(`Content-Length: ${"9".repeat(30)}`), REFUSED],
  ]),
  ...rules("9110 15.5.14", [
    ["a length that nobody takes", submit(["Content-Length: 999999999999"], () => ""), closed(413)],
  ]),
];

const CODINGS: readonly Row[] = [
  ...rules("9112 6.1", [["chunks", submit(CHUNKED, chunked), open("taken")]]),
  ...rules("9110 10.1.4", [
    ["names of codings are case-insensitive", submit(["Transfer-Encoding: CHUNKED"], chunked), open("taken")],
  ]),
  ...rules("9112 6.1", [
    ["a length beside chunks", submit((c) => [...lengthOf(c), ...CHUNKED], chunked), REFUSED],
    ["chunks beside a length", submit((c) => [...CHUNKED, ...lengthOf(c)], chunked), REFUSED],
    [
      "a length beside chunks on GET",
      head(
        ["GET /healthz HTTP/1.1", "Host: h", "Content-Length: 5", "Transfer-Encoding: chunked"],
        `0\r\n\r\n${SMUGGLED}`,
      ),
      REFUSED,
    ],
    ["a coding that we do not know", submit(["Transfer-Encoding: gzip, chunked"], chunked), closed(501)],
    ["an invented coding under chunks", submit(["Transfer-Encoding: cow, chunked"], chunked), closed(501)],
  ]),
  ...rules("9112 6.3", [
    ["chunks that are not the last coding", submit(["Transfer-Encoding: chunked, gzip"], chunked), REFUSED],
    ["no chunks at all", submit(["Transfer-Encoding: gzip"], whole), REFUSED],
    ["identity, which RFC 2616 had", submit(["Transfer-Encoding: identity"], whole), closed([400, 501])],
    [
      "identity beside a length",
      submit((c) => ["Transfer-Encoding: identity", ...lengthOf(c)], whole),
      closed([400, 501]),
    ],
  ]),
  ...rules("9112 7", [
    ["chunked twice", submit(["Transfer-Encoding: chunked, chunked"], chunked), closed([400, 501])],
    ["chunked twice in two fields", submit([...CHUNKED, ...CHUNKED], chunked), closed([400, 501])],
    [
      "chunked, then identity in another field",
      submit([...CHUNKED, "Transfer-Encoding: identity"], chunked),
      closed([400, 501]),
    ],
    [
      "identity, then chunked in another field",
      submit(["Transfer-Encoding: identity", ...CHUNKED], chunked),
      closed([400, 501]),
    ],
  ]),
  ...rules("9112 6.1", [
    ["a name that only ends like chunked", submit(["Transfer-Encoding: xchunked"], chunked), closed([400, 501])],
    ["a name that only begins like chunked", submit(["Transfer-Encoding: chunkedx"], chunked), closed([400, 501])],
    ["a quoted coding", submit(['Transfer-Encoding: "chunked"'], chunked), closed([400, 501])],
  ]),
  ...rules("9112 7", [
    ["chunked with a parameter", submit(["Transfer-Encoding: chunked;q=1"], chunked), closed([400, 501])],
  ]),
  ...rules("9112 6.1", [
    ["a control character before the coding", submit(["Transfer-Encoding: \x0bchunked"], chunked), closed([400, 501])],
    ["no coding", submit(["Transfer-Encoding:"], chunked), closed([400, 501])],
  ]),
  ...rules("9110 5.6.1.2", [
    ["empty members of the list of codings", submit(["Transfer-Encoding: , chunked"], chunked), open("taken")],
  ]),
  ...rules("9112 6.1", [
    ["chunks in HTTP/1.0", (s) => submit(CHUNKED, chunked)(s).replace("HTTP/1.1", "HTTP/1.0"), REFUSED],
    [
      "chunks in HTTP/1.0 that stays open",
      (s) => submit([...CHUNKED, "Connection: keep-alive"], chunked)(s).replace("HTTP/1.1", "HTTP/1.0"),
      REFUSED,
    ],
    [
      "chunks beside a length in HTTP/1.0",
      (s) => submit((c) => [...lengthOf(c), ...CHUNKED], chunked)(s).replace("HTTP/1.1", "HTTP/1.0"),
      REFUSED,
    ],
  ]),
  ...rules("9112 7.4", [
    ["TE names what we could send", get("TE: trailers, deflate;q=0.5", "Connection: TE"), open(200)],
  ]),
];

export const FRAMING: readonly Row[] = [...LENGTHS, ...CODINGS];
