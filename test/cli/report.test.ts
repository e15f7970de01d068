import picocolors from "picocolors";
import { describe, expect, test } from "vitest";
import { EXIT, Fault } from "../../base/fault.js";
import { reportJson, reportText, toReport } from "../../cli/report.js";

const plain = picocolors.createColors(false);
const text = (error: unknown, debug = false) => reportText(toReport(error), plain, debug);

describe("an error", () => {
  test("is one line, and a hint below it", () => {
    const fault = new Fault("certs/expired", 'the certificate "a.crt" has expired', { hint: "make a new one" });
    expect(text(fault)).toBe('error: the certificate "a.crt" has expired\n  make a new one');
  });

  test("of several lines is indented below the first", () => {
    expect(text(new Fault("x/y", "it failed:\nbadly", { hint: "a\nb" }))).toBe("error: it failed:\n  badly\n  a\n  b");
  });

  test("that nobody foresaw says where to look, and keeps its stack to itself", () => {
    expect(text(new TypeError("x is not a function"))).toBe(
      "error: x is not a function\n  run it again with --debug to see the cause",
    );
    expect(text(new TypeError("x is not a function"), true)).toContain("report.test.ts");
  });

  test("shows its causes with --debug", () => {
    const fault = new Fault("x/y", "no", { cause: new Error("because", { cause: "of this" }) });
    expect(text(fault, true)).toMatch(/caused by: Error: because[\s\S]*caused by: of this/);
  });

  test("cannot steer the terminal", () => {
    expect(text(new Fault("x/y", "\u001b[2J", { hint: "\u001b[31mred" }))).toBe("error: \\u001b[2J\n  \\u001b[31mred");
  });

  test.each([
    [new Fault("a/b", "m"), { code: "a/b", exit: 1 }],
    [new Fault("a/b", "m", { exit: EXIT.auth }), { code: "a/b", exit: 4 }],
    [Object.assign(new Error("m"), { code: "EACCES" }), { code: "EACCES", exit: 1 }],
    ["m", { code: "unexpected", exit: 1 }],
  ])("%#: gets its code and its exit status", (error, expected) => {
    expect(toReport(error)).toMatchObject({ message: "m", ...expected });
  });

  test("S-17: of the system says what to do where that is known", () => {
    const error = Object.assign(new Error("EROFS: read-only file system, mkdir '/h/.ssh'"), { code: "EROFS" });
    expect(text(error)).toBe(
      "error: EROFS: read-only file system, mkdir '/h/.ssh'\n" +
        "  that file system is read-only: HOME and XDG_CACHE_HOME say where the files go",
    );
  });

  test("as JSON has a code, a message and a hint on one line", () => {
    const report = toReport(new Fault("a/b", "m\nn", { hint: "h" }));
    expect(reportJson(report, false)).toBe('{"error":{"code":"a/b","message":"m\\nn","hint":"h"}}');
    expect(JSON.parse(reportJson(report, true)).error.trace).toContain("report.test.ts");
  });
});
