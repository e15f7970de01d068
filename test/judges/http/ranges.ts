/** RFC 9110, 14, and 13.1.5: ranges. */
import { AGENT, asking, bodyIs, CHANGED, FILES, sameFields, wholeFile } from "./files.js";
import { lengthOf, of, submit, whole } from "./requests.js";
import { open, type Row, rules, same } from "./row.js";

const ranged = (range: string, ...fields: readonly string[]) => of("GET", `Range: ${range}`, ...fields);

export const RANGES: readonly Row[] = [
  ...rules(
    "9110 14.1.2",
    [
      ["the first byte", ranged("bytes=0-0"), open(206), bodyIs(0, 1)],
      ["a part", ranged("bytes=10-19"), open(206), bodyIs(10, 20)],
      ["an open end", ranged("bytes=90-"), open(206), bodyIs(90)],
      ["the last bytes", ranged("bytes=-7"), open(206), bodyIs(-7)],
      ["more last bytes than there are", ranged("bytes=-999999"), open([200, 206]), wholeFile],
      ["an end behind the end", ranged("bytes=5-99999999999999999999999"), open(206), bodyIs(5)],
      ["a beginning behind the end", ranged("bytes=999999-"), open(416)],
      ["a beginning beyond all numbers", ranged(`bytes=${"9".repeat(400)}-`), open(416)],
      ["no last bytes", ranged("bytes=-0"), open(416)],
    ],
    FILES,
  ),
  ...rules(
    "9110 14.1.1",
    [["an end before the beginning is no range", ranged("bytes=9-3"), open(200), wholeFile]],
    FILES,
  ),
  ...rules("9110 14.2", [["another unit is ignored", ranged("lines=0-1"), open(200), wholeFile]], FILES),
  ...rules("9110 14.1", [["units are case-insensitive", ranged("BYTES=0-0"), open([200, 206])]], FILES),
  ...rules(
    "9110 14.2",
    [
      ["no unit", ranged("0-1"), open(200), wholeFile],
      ["no range", ranged("bytes="), open([200, 416])],
      ["a blank before the equals sign", ranged("bytes =0-1"), open([200, 416])],
      ["a sign", ranged("bytes=+1-2"), open([200, 416])],
    ],
    FILES,
  ),
  ...rules("9110 5.6.1.2", [["empty members of the list", ranged("bytes=, 0-0 ,"), open(206), bodyIs(0, 1)]], FILES),
  ...rules(
    "9110 14.2",
    [
      ["two ranges may be answered with the whole", ranged("bytes=0-0,5-6"), open([200, 206])],
      ["two fields are not one range", of("GET", "Range: bytes=0-0", "Range: bytes=5-6"), open([200, 206, 400])],
      [
        "HEAD has no ranges",
        of("HEAD", "Range: bytes=0-0"),
        open(200),
        ({ answers: [only] }, { file }) =>
          same("the length", only?.fields.get("content-length"), String(file?.content.length)),
      ],
      ["nor has HEAD unsatisfiable ones", of("HEAD", "Range: bytes=999999-"), open(200)],
    ],
    FILES,
  ),
  ...rules(
    "9110 14.2",
    [["PUT has no ranges", submit((c) => [...lengthOf(c), "Range: bytes=0-1"], whole), open("taken")]],
    AGENT,
  ),
  ...rules(
    "9110 13.2.2",
    [
      [
        "a condition comes before a range",
        asking("GET", (t) => [`If-None-Match: ${t}`, "Range: bytes=0-0"]),
        open(304),
      ],
      ["so does If-Match", asking("GET", (_, o) => [`If-Match: ${o}`, "Range: bytes=999999-"]), open(412)],
    ],
    FILES,
  ),
  ...rules(
    "9110 15.3.7",
    [
      [
        "206 has the fields of 200",
        (s) => of("GET")(s) + ranged("bytes=0-0")(s),
        open(200, 206),
        sameFields("cache-control", "content-location", "etag", "expires", "vary", "content-type"),
      ],
    ],
    FILES,
  ),
  ...rules(
    "9110 13.1.5",
    [
      ["If-Range with the tag", asking("GET", (t) => [`If-Range: ${t}`, "Range: bytes=0-0"]), open(206)],
      [
        "If-Range with another tag",
        asking("GET", (_, o) => [`If-Range: ${o}`, "Range: bytes=0-0"]),
        open(200),
        wholeFile,
      ],
      [
        "If-Range compares strongly",
        asking("GET", (t) => [`If-Range: W/${t}`, "Range: bytes=0-0"]),
        open(200),
        wholeFile,
      ],
      [
        "If-Range with another tag and an unsatisfiable range",
        asking("GET", (_, o) => [`If-Range: ${o}`, "Range: bytes=999999-"]),
        open(200),
        wholeFile,
      ],
      [
        "If-Range with an older date",
        ranged("bytes=0-0", "If-Range: Sat, 01 Jan 2000 00:00:00 GMT"),
        open(200),
        wholeFile,
      ],
      [
        "If-Range with a later date, which is not the same",
        ranged("bytes=0-0", "If-Range: Sat, 01 Jan 2050 00:00:00 GMT"),
        open(200),
        wholeFile,
      ],
    ],
    FILES,
  ),
  ...rules(
    "9110 8.8.2.2",
    [
      [
        "If-Range with a date, which is weak within its second",
        ranged("bytes=0-0", `If-Range: ${CHANGED}`),
        open(200),
        wholeFile,
      ],
    ],
    AGENT,
  ),
  ...rules(
    "9110 13.1.5",
    [["If-Range without a range", asking("GET", (t) => [`If-Range: ${t}`]), open(200), wholeFile]],
    FILES,
  ),
  ...rules(
    "9110 8.8.2.1",
    [
      [
        "a file from the future is as old as its answer",
        (s) => of("HEAD")(s).replace("shared/file", "shared/future"),
        open(200),
      ],
    ],
    AGENT,
  ),
  ...rules(
    "9110 15.5.17",
    [["416 of a file without content", (s) => ranged("bytes=0-")(s).replace("shared/file", "shared/empty"), open(416)]],
    AGENT,
  ),
];
