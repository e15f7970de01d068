/** RFC 9110, 13, and 5.6.7: conditional requests, and how dates are spelt. */
import { AGENT, asking, CHANGED, FILES, sameFields, wholeFile } from "./files.js";
import { head, lengthOf, of, submit, whole } from "./requests.js";
import { either, open, type Row, rules } from "./row.js";

const SPELLINGS = [
  ["IMF-fixdate", CHANGED],
  ["RFC 850", "Sunday, 02-Feb-20 02:02:02 GMT"],
  ["asctime", "Sun Feb  2 02:02:02 2020"],
] as const;
const EARLIER = [
  ["IMF-fixdate", "Sun, 02 Feb 2020 02:02:01 GMT"],
  ["RFC 850", "Sunday, 02-Feb-20 02:02:01 GMT"],
  ["asctime", "Sun Feb  2 02:02:01 2020"],
  ["RFC 850 of 1994", "Sunday, 06-Nov-94 08:49:37 GMT"],
  ["RFC 850 of 1980, which is not 2080", "Monday, 07-Jan-80 08:49:37 GMT"],
] as const;
const NO_DATES = [
  "yesterday",
  "0",
  "2020-02-02T02:02:02Z",
  "Sun, 30 Feb 2020 02:02:02 GMT",
  "Sun, 02 Feb 2020 25:02:02 GMT",
  "sun, 02 feb 2020 02:02:02 gmt",
  "Sun, 02 Feb 2020 02:02:02 +0000",
  `${CHANGED}, ${CHANGED}`,
] as const;

const dated = (field: string, dates: readonly (readonly [name: string, date: string])[], status: number) =>
  dates.map(([name, date]) => [`${field} as ${name}`, of("GET", `${field}: ${date}`), open(status)] as const);
const undated = (field: string) =>
  NO_DATES.map((text) => [`${field} with no date: ${text}`, of("GET", `${field}: ${text}`), open(200)] as const);

const DATES: readonly Row[] = [
  ...rules("9110 5.6.7", dated("If-Modified-Since", SPELLINGS, 304), AGENT),
  ...rules("9110 5.6.7, earlier", dated("If-Modified-Since", EARLIER, 200), AGENT),
  ...rules("9110 5.6.7", dated("If-Unmodified-Since", SPELLINGS, 200), AGENT),
  ...rules("9110 5.6.7, earlier", dated("If-Unmodified-Since", EARLIER, 412), AGENT),
  ...rules("9110 13.1.3", undated("If-Modified-Since"), AGENT),
  ...rules("9110 13.1.4", undated("If-Unmodified-Since"), AGENT),
];

const PRECONDITIONS: readonly Row[] = [
  ...rules(
    "9110 13.1.2",
    [
      ["If-None-Match with the tag", asking("GET", (t) => [`If-None-Match: ${t}`]), open(304)],
      ["If-None-Match compares weakly", asking("GET", (t) => [`If-None-Match: W/${t}`]), open(304)],
      ["If-None-Match with a list", asking("GET", (t, o) => [`If-None-Match: ${o}, ${t}`]), open(304)],
    ],
    FILES,
  ),
  ...rules(
    "9110 5.6.1.2",
    [["If-None-Match with empty members", asking("GET", (t, o) => [`If-None-Match: , ${o} ,, ${t},`]), open(304)]],
    FILES,
  ),
  ...rules(
    "9110 5.3",
    [
      [
        "If-None-Match in two fields",
        asking("GET", (t, o) => [`If-None-Match: ${o}`, `If-None-Match: ${t}`]),
        open(304),
      ],
    ],
    FILES,
  ),
  ...rules(
    "9110 13.1.2",
    [
      ["If-None-Match with *", asking("GET", () => ["If-None-Match: *"]), open(304)],
      ["If-None-Match with another tag", asking("GET", (_, o) => [`If-None-Match: ${o}`]), open(200), wholeFile],
    ],
    FILES,
  ),
  ...rules(
    "9110 8.8.3",
    [
      [
        "a tag without its quotes is none",
        asking("GET", (t) => [`If-None-Match: ${t.replaceAll('"', "")}`]),
        open(200),
      ],
      ["w/ is no weak tag", asking("GET", (t) => [`If-None-Match: w/${t}`]), open(200)],
    ],
    FILES,
  ),
  ...rules("9110 13.1.2", [["HEAD is 304 too", asking("HEAD", (t) => [`If-None-Match: ${t}`]), open(304)]], FILES),
  ...rules(
    "9110 15.4.5",
    [
      [
        "304 has the fields of 200",
        (s) => of("GET")(s) + of("GET", `If-None-Match: ${s.file?.etag}`)(s),
        open(200, 304),
        sameFields("cache-control", "content-location", "etag", "expires", "vary"),
      ],
    ],
    FILES,
  ),
  ...rules(
    "9110 13.1.1",
    [
      ["If-Match with the tag", asking("GET", (t) => [`If-Match: ${t}`]), open(200)],
      ["If-Match with *", asking("GET", () => ["If-Match: *"]), open(200)],
      ["If-Match with another tag", asking("GET", (_, o) => [`If-Match: ${o}`]), open(412)],
      ["If-Match compares strongly", asking("GET", (t) => [`If-Match: W/${t}`]), open(412)],
    ],
    FILES,
  ),
  ...rules(
    "9110 5.6.1.2",
    [["If-Match with empty members", asking("GET", (t, o) => [`If-Match: ,${o},,${t}`]), open(200)]],
    FILES,
  ),
  ...rules(
    "9110 13.2.2",
    [
      ["If-Match before If-None-Match", asking("GET", (t, o) => [`If-Match: ${o}`, `If-None-Match: ${t}`]), open(412)],
      ["both hold", asking("GET", (t) => [`If-Match: ${t}`, `If-None-Match: ${t}`]), open(304)],
    ],
    FILES,
  ),
  ...rules(
    "9110 13.1.3",
    [
      [
        "If-None-Match hides If-Modified-Since",
        asking("GET", (_, o) => [`If-None-Match: ${o}`, `If-Modified-Since: ${CHANGED}`]),
        open(200),
      ],
    ],
    FILES,
  ),
  ...rules(
    "9110 13.1.4",
    [
      [
        "If-Match hides If-Unmodified-Since",
        asking("GET", (t) => [`If-Match: ${t}`, "If-Unmodified-Since: Sat, 01 Jan 2000 00:00:00 GMT"]),
        open(200),
      ],
    ],
    FILES,
  ),
  ...rules(
    "9110 13.1.3",
    [
      [
        "If-Modified-Since is for GET and HEAD",
        submit((c) => [...lengthOf(c), `If-Modified-Since: ${CHANGED}`], whole),
        open("taken"),
      ],
    ],
    AGENT,
  ),
  ...rules(
    "9110 13.1.2",
    [
      [
        "PUT only where nothing is",
        (s) => submit((c) => [...lengthOf(c), "If-None-Match: *"], whole)(s).repeat(2),
        open(201, 412),
      ],
    ],
    AGENT,
  ),
  ...rules(
    "9110 13.1.1",
    [["PUT only over something", submit((c) => [...lengthOf(c), "If-Match: *"], whole), either(412)]],
    AGENT,
  ),
  ...rules(
    "9110 13.2.1",
    [
      [
        "what is not there is 404, whatever the condition",
        (s) => of("GET", "If-Match: *")(s).replace(s.file?.target ?? "", `${s.file?.target}-not`),
        open(404),
      ],
      [
        "who may not is told so, whatever the condition",
        (s) => head([`GET ${s.file?.target} HTTP/1.1`, "Host: h", "If-Match: *", 'If-None-Match: "x"']),
        open(401),
      ],
      [
        "a method that is not there is 405, whatever the condition",
        of("POST", "Content-Length: 0", 'If-Match: "x"'),
        open(405),
      ],
    ],
    FILES,
  ),
];

export const CONDITIONS: readonly Row[] = [...DATES, ...PRECONDITIONS];
