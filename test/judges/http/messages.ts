/** RFC 9112, 2 and 3, with RFC 9110, 2 and 4: lines, versions and targets. */
import { get, head, lengthOf, line, SMUGGLED, submit, whole } from "./requests.js";
import { closed, either, open, REFUSED, type Row, rules, type Seen, same } from "./row.js";

/** The id that was understood comes back. */
const idIs = (id: string) => (seen: Seen) => same("the id", seen.answers[0]?.fields.get("x-request-id"), id);

const LINES: readonly Row[] = [
  ...rules("9112 2.2", [
    ["an empty line before the request is ignored", `\r\n${get()}`, open(200)],
    ["so are two", `\r\n\r\n${get()}`, open(200)],
    ["an empty line behind content is ignored", (s) => `${submit(lengthOf, whole)(s)}\r\n${get()}`, open("taken", 200)],
    ["LF alone ends no line for us, or it does", get().replaceAll("\r\n", "\n"), either([200, 400])],
    [
      "LF alone does not end the head for one and not for another",
      `GET /healthz HTTP/1.1\r\nHost: h\r\nX: a\n\n${SMUGGLED}`,
      REFUSED,
    ],
    ["a bare CR in the request line", "GET /healthz\rx HTTP/1.1\r\nHost: h\r\n\r\n", REFUSED],
    ["a bare CR for the blank of a request line", "GET\r/healthz HTTP/1.1\r\nHost: h\r\n\r\n", REFUSED],
    ["a bare CR in the name of a field", get("X\rY: z"), REFUSED],
    ["a bare CR in the value of a field", get("X: a\rContent-Length: 7"), REFUSED],
    ["a bare CR that ends a field", "GET /healthz HTTP/1.1\r\nHost: h\r\nX: a\r\r\n\r\n", REFUSED],
    ["CR CR LF at the end of the head", "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\r\n\r\n", REFUSED],
    ["a blank between request line and fields", "GET /healthz HTTP/1.1\r\n Host: h\r\n\r\n", REFUSED],
    [
      "a whole field behind such a blank is no field",
      "GET /healthz HTTP/1.1\r\n Transfer-Encoding: chunked\r\nHost: h\r\n\r\n",
      REFUSED,
    ],
    ["a tab there", "GET /healthz HTTP/1.1\r\n\tX: y\r\nHost: h\r\n\r\n", REFUSED],
    ["NUL before the request", `\0${get()}`, REFUSED],
    ["a byte order mark before the request", `\xef\xbb\xbf${get()}`, REFUSED],
    ["UTF-16", [...get()].map((c) => `${c}\0`).join(""), REFUSED],
    ["an answer for a request", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", REFUSED],
    ["another protocol", "SSH-2.0-OpenSSH_9.6\r\n", REFUSED],
    [
      "a good request before bad bytes is answered, once and first",
      `${get("X-Request-Id: good")}\x01bad bytes\r\n\r\n`,
      closed(200, 400),
      idIs("good"),
    ],
    [
      "content before bad bytes is answered, once and first",
      (s) => `${submit(lengthOf, whole)(s)}\x01bad bytes\r\n\r\n`,
      closed("taken", 400),
    ],
  ]),
];

const VERSIONS: readonly Row[] = [
  ...rules("9112 2.3", [
    ["the version in small letters", line("GET /healthz http/1.1"), REFUSED],
    ["no slash", line("GET /healthz HTTP 1.1"), REFUSED],
    ["two digits", line("GET /healthz HTTP/1.10"), closed([400, 505])],
    ["a leading zero", line("GET /healthz HTTP/01.1"), closed([400, 505])],
    ["no minor version", line("GET /healthz HTTP/1"), REFUSED],
    ["a sign", line("GET /healthz HTTP/+1.1"), REFUSED],
    ["another protocol's name", line("GET /healthz ICE/1.0"), REFUSED],
    ["a line without a version, which was HTTP/0.9", "GET /healthz\r\n\r\n", closed([400, 505])],
    ["such a line with fields", "GET /healthz\r\nHost: h\r\n\r\n", closed([400, 505])],
  ]),
  ...rules("9110 15.6.6", [
    ["HTTP/0.9 by name", line("GET /healthz HTTP/0.9"), closed([400, 505])],
    ["HTTP/2.0 in words", line("GET /healthz HTTP/2.0"), closed(505)],
    ["HTTP/3.0 in words", line("GET /healthz HTTP/3.0"), closed(505)],
    ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", closed([400, 505])],
  ]),
  ...rules("9110 2.5", [
    ["a higher minor version is served or refused, as a version", line("GET /healthz HTTP/1.2"), either([200, 505])],
  ]),
  ...rules("9112 2.3", [["HTTP/1.0 is answered in 1.1, without chunks", head(["GET /healthz HTTP/1.0"]), closed(200)]]),
];

const REQUEST_LINES: readonly Row[] = [
  ...rules("9112 3", [
    ["two blanks before the target", line("GET  /healthz HTTP/1.1"), either([200, 400])],
    ["two blanks before the version", line("GET /healthz  HTTP/1.1"), either([200, 400])],
    ["a tab for a blank", line("GET\t/healthz HTTP/1.1"), either([200, 400, 501])],
    ["a blank at the end", line("GET /healthz HTTP/1.1 "), either([200, 400])],
    ["a blank at the beginning", line(" GET /healthz HTTP/1.1"), REFUSED],
    ["a vertical tab for a blank", line("GET\v/healthz HTTP/1.1"), REFUSED],
    ["no target", line("GET HTTP/1.1"), REFUSED],
    ["no method", line("/healthz HTTP/1.1"), REFUSED],
    ["words behind the version", line("GET /healthz HTTP/1.1 x"), REFUSED],
    ["a blank inside the target", line("GET /heal thz HTTP/1.1"), REFUSED],
    ["a method longer than any", line(`${"M".repeat(500)} /healthz HTTP/1.1`), closed(501)],
    ["a target of 8,000 bytes is read", line(`GET /${"x".repeat(7_985)} HTTP/1.1`), open([401, 404])],
    ["a target longer than any is 414", line(`GET /${"x".repeat(20_000)} HTTP/1.1`), closed(414)],
    ["also where the query is long", line(`GET /healthz?${"x".repeat(20_000)} HTTP/1.1`), closed(414)],
    ["also behind another request", get() + line(`GET /${"x".repeat(20_000)} HTTP/1.1`), closed(200, 414)],
  ]),
  ...rules("9110 15.5.15", [["fields that are too long are not 414", get(`X: ${"x".repeat(20_000)}`), closed(431)]]),
  ...rules("9110 9.1", [["the method is case-sensitive", line("Get /healthz HTTP/1.1"), closed(501)]]),
  ...rules("9110 5.6.2", [
    ["a method that is no token", line("G(T /healthz HTTP/1.1"), REFUSED],
    ["a method above ASCII", line("G\xc9T /healthz HTTP/1.1"), REFUSED],
  ]),
];

const TARGETS: readonly Row[] = [
  ...rules("9112 3.2.1", [
    ["a query", line("GET /healthz?a=b&c HTTP/1.1"), open(200)],
    ["an empty query", line("GET /healthz? HTTP/1.1"), open(200)],
    ["question marks and slashes in the query", line("GET /healthz?a/b?c HTTP/1.1"), open(200)],
    ["no slash at the beginning", line("GET healthz HTTP/1.1"), REFUSED],
    ["only a query", line("GET ?a HTTP/1.1"), either(400)],
    ["a fragment", line("GET /healthz#x HTTP/1.1"), either([400, 401])],
    ["bytes above ASCII", line("GET /healthz?\xe4 HTTP/1.1"), either(400)],
    ["NUL", line("GET /healthz\0 HTTP/1.1"), REFUSED],
    ["DEL", line("GET /healthz\x7f HTTP/1.1"), either(400)],
  ]),
  ...rules("9110 4.2.3", [
    ["an escaped letter is that letter", line("GET /%68ealthz HTTP/1.1"), open(200)],
    ["a path is case-sensitive", line("GET /HEALTHZ HTTP/1.1"), open([401, 404])],
  ]),
  ...rules("9112 3.2.2", [
    ["the absolute form", line("GET https://h/healthz HTTP/1.1"), open(200)],
    ["the absolute form with a port and a query", line("GET https://h:8443/healthz?q HTTP/1.1"), open(200)],
    ["another scheme's name in capitals", line("GET HTTP://h/healthz HTTP/1.1"), open(200)],
    ["with another Host, which is ignored", head(["GET https://one/healthz HTTP/1.1", "Host: other"]), open(200)],
    ["an IPv6 address", line("GET https://[2001:db8::1]:443/healthz HTTP/1.1"), open(200)],
  ]),
  ...rules("9112 3.2", [
    ["the absolute form without any Host", head(["GET https://h/healthz HTTP/1.1"]), REFUSED],
    ["the absolute form with a malformed Host", head(["GET https://h/healthz HTTP/1.1", "Host: a b"]), REFUSED],
  ]),
  ...rules("9110 4.2.1", [["no host in http://", line("GET http:///healthz HTTP/1.1"), either([400, 401])]]),
  ...rules("9110 4.2.2", [
    ["no host in https://, but a port", line("GET https://:443/healthz HTTP/1.1"), either([400, 401])],
  ]),
  ...rules("9110 4.2.4", [
    ["a user in the authority", line("GET https://user@h/healthz HTTP/1.1"), either([400, 401])],
    ["a user with a password", line("GET https://user:pass@h/healthz HTTP/1.1"), either([400, 401])],
  ]),
  ...rules("9112 3.2.2", [
    ["an authority that is none", line("GET https://a,b/healthz HTTP/1.1"), either([400, 401])],
    ["a port that is none", line("GET https://h:99999/healthz HTTP/1.1"), either([400, 401])],
    ["a scheme that we do not serve", line("GET ftp://h/healthz HTTP/1.1"), either([400, 401])],
    ["a scheme without an authority", line("GET https:/healthz HTTP/1.1"), either(400)],
  ]),
  ...rules("9112 3.2.3", [["the authority form with GET", line("GET h:443 HTTP/1.1"), either(400)]]),
  ...rules("9110 9.3.6", [
    ["CONNECT without a port", line("CONNECT h HTTP/1.1"), closed([400, 405])],
    ["CONNECT with an empty port", line("CONNECT h: HTTP/1.1"), closed([400, 405])],
    ["what follows a refused CONNECT is no request", line("CONNECT h:443 HTTP/1.1") + SMUGGLED, closed([400, 405])],
  ]),
  ...rules("9112 3.2.4", [
    ["the asterisk form without OPTIONS", line("HEAD * HTTP/1.1"), either([400, 401])],
    ["OPTIONS of everything", line("OPTIONS * HTTP/1.1"), open([501, 401])],
  ]),
  ...rules("9110 9.3.7", [
    ["OPTIONS of one resource names its methods", line("OPTIONS /healthz HTTP/1.1"), open([204, 405, 401])],
  ]),
];

export const MESSAGES: readonly Row[] = [...LINES, ...VERSIONS, ...REQUEST_LINES, ...TARGETS];
