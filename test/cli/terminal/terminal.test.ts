import { describe, expect, test } from "vitest";
import { bytes } from "../../../base/text/bytes.js";
import { escapeControls, escapeExceptColour } from "../../../base/text/escape.js";
import { paintFor } from "../../../cli/terminal/paint.js";
import { clock, transferLine } from "../../../cli/terminal/progress-line.js";
import { Terminal } from "../../../cli/terminal/terminal.js";

const MiB = 1024 ** 2;

describe("a progress line", () => {
  const at = (done: number, elapsedMs: number, total: number | undefined = 100 * MiB, columns = 120) =>
    transferLine({ label: "data.bin", done, total, elapsedMs, columns });

  test.each([
    [at(0, 0), "data.bin  [--------------------]   0%  0 B of 100 MiB"],
    [at(25 * MiB, 499), "data.bin  [#####---------------]  25%  25 MiB of 100 MiB"],
    [at(50 * MiB, 5_000), "data.bin  [##########----------]  50%  50 MiB of 100 MiB  10 MiB/s  0:05 left"],
    [at(100 * MiB, 10_000), "data.bin  [####################] 100%  100 MiB of 100 MiB  10 MiB/s"],
    [at(110 * MiB, 10_000), "data.bin  [####################] 100%  110 MiB of 100 MiB  11 MiB/s"],
    [at(0, 10_000, 0), "data.bin  [####################] 100%  0 B of 0 B"],
    [
      transferLine({ label: "x", done: 5 * MiB, total: undefined, elapsedMs: 1_000, columns: 80 }),
      "x  5.0 MiB  5.0 MiB/s",
    ],
    [at(50 * MiB, 5_000, 100 * MiB, 30), "data.bin  [##########-------…"],
  ])("%#: %j", (line, expected) => {
    expect(line).toBe(expected);
  });

  test.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [10_188, "9.9 KiB"],
    [10_240, "10 KiB"],
    [1024 * 1024 - 1, "1.0 MiB"],
    [1.5 * 1024 ** 4, "1.5 TiB"],
  ])("%d bytes are %j", (count, text) => {
    expect(bytes(count)).toBe(text);
  });

  test.each([
    [0, "0:00"],
    [8.2, "0:09"],
    [59.5, "1:00"],
    [3_723, "1:02:03"],
  ])("%d seconds are %j", (seconds, text) => {
    expect(clock(seconds)).toBe(text);
  });
});

describe("text from elsewhere", () => {
  test.each([
    ["\u001b[2J\u0007", "\\u001b[2J\\u0007", "a screen wipe and a bell"],
    ["a\rb", "a\\u000db", "an overwritten line"],
    ["\u009b31m", "\\u009b31m", "an eight-bit control sequence"],
    ["a\u202egpj.exe", "a\\u202egpj.exe", "a reversed reading direction"],
    ["zwölf\t日本\n", "zwölf\t日本\n", "ordinary text"],
  ])("%j is shown as %j: %s", (text, shown) => {
    expect(escapeControls(text)).toBe(shown);
  });

  test("our own colours pass, what only resembles them does not", () => {
    expect(escapeExceptColour("\u001b[31mred\u001b[39m \u001b[31Jx")).toBe("\u001b[31mred\u001b[39m \\u001b[31Jx");
  });
});

describe("the terminal", () => {
  function screen(options: { isTTY?: boolean; term?: string; progress?: boolean } = {}) {
    const { isTTY = true, term = "xterm", progress = true } = options;
    const written = { out: "", err: "" };
    let time = 0;
    const terminal = new Terminal({
      stdout: { write: (text) => (written.out += text) },
      stderr: { isTTY, columns: 60, write: (text) => (written.err += text) },
      env: { TERM: term },
      colour: false,
      progress,
      now: () => time,
    });
    const pass = (ms: number) => {
      time += ms;
    };
    return { terminal, written, pass };
  }

  test.each([
    ["no terminal", { isTTY: false }],
    ["TERM=dumb", { term: "dumb" }],
    ["--quiet or --json", { progress: false }],
  ])("draws no progress with %s", (_, options) => {
    const { terminal, written } = screen(options);
    const progress = terminal.progress("data.bin", 10);
    progress.update(5);
    progress.done("sent");
    expect(written).toEqual({ out: "", err: "" });
  });

  test("redraws at most ten times a second, however often bytes arrive", () => {
    const { terminal, written, pass } = screen();
    const progress = terminal.progress("data.bin", 100_000);
    for (let done = 0; done < 100_000; done += 1) {
      progress.update(done);
      if (done % 100 === 0) pass(1);
    }
    expect(written.err.split("\r").length - 1).toBeLessThanOrEqual(11);
  });

  test("a line goes above the progress line, which comes back", () => {
    const { terminal, written } = screen();
    const progress = terminal.progress("deploy");
    terminal.note("a note");
    progress.update("instance created");
    progress.done("12 created");
    progress.update("too late");
    const clear = "\r\u001b[2K";
    expect(written.err).toBe(
      [
        `${clear}deploy`,
        `${clear}a note\n`,
        `${clear}deploy`,
        `${clear}deploy  instance created`,
        `${clear}deploy  12 created\n`,
      ].join(""),
    );
  });

  test("what a host sends is escaped in lines and in progress", () => {
    const { terminal, written } = screen();
    terminal.out("file\u001b[2J");
    terminal.progress("x\u0007").update("\u001b]0;t\u0007");
    expect(written.out).toBe("file\\u001b[2J\n");
    expect(written.err).not.toContain("\u0007");
    expect(written.err).not.toContain("\u001b]");
  });
});

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ TERM: "dumb" }, true, false],
  [{ NO_COLOR: "1" }, true, false],
  [{ NO_COLOR: "" }, true, true],
  [{ FORCE_COLOR: "1" }, false, true],
  [{ FORCE_COLOR: "0" }, true, false],
  [{ FORCE_COLOR: "1", NO_COLOR: "1" }, true, false],
  [{ CI: "true" }, false, false],
])("the environment %j on a terminal (%j) means colours: %j", (env, isTTY, expected) => {
  expect(paintFor({ isTTY }, env, true).isColorSupported).toBe(expected);
  expect(paintFor({ isTTY }, env, false).isColorSupported).toBe(false);
});
