/** What reads the man page has nothing to say against it; reference.test.ts holds man/sallyport.1 to the same text. */
import { expect, test } from "vitest";
import { findProgram } from "../../base/tools.js";
import { VERSION } from "../../base/version.js";
import { buildProgram } from "../../cli/program.js";
import { run } from "../support/run.js";
import { leaves, pathOf } from "./support/leaves.js";
import { manPage } from "./support/man-page.js";

const program = () => buildProgram(() => async () => {});
const page = manPage(program(), VERSION);

test("man shows it without a warning, with every command and every example as it is typed", async (ctx) => {
  if (findProgram("man") === undefined) ctx.skip("man is not installed");
  const env = {
    PATH: process.env.PATH,
    MANWIDTH: "200",
    LC_ALL: "C.UTF-8",
    MANROFFOPT: "-c",
    MANPAGER: "cat",
    TERM: "dumb",
  };
  const { stdout, stderr, exitCode } = await run("man", ["--warnings=w", "-l", "-"], { env, input: page });
  expect([exitCode, stderr]).toEqual([0, ""]);
  for (const command of leaves(program())) expect(stdout).toContain(pathOf(command).replace(/^sallyport /, ""));
  expect(stdout).toContain("$ sallyport hosts --json | jq -r '.hosts[].public_ip'");
});

test("in narrow columns, man breaks no word that a reader would copy", async (ctx) => {
  if (findProgram("man") === undefined) ctx.skip("man is not installed");
  const env = {
    PATH: process.env.PATH,
    MANWIDTH: "80",
    LC_ALL: "C.UTF-8",
    MANROFFOPT: "-c",
    MANPAGER: "cat",
    TERM: "dumb",
  };
  const { stdout, stderr } = await run("man", ["--warnings=w", "-l", "-"], { env, input: page });
  expect(stderr).toBe("");
  expect(stdout.split("\n").filter((line) => /\bcd[-\u2010]$/.test(line))).toEqual([]);
  expect(stdout).toContain("cdktf.json runs it");
});

test("mandoc has nothing to say against it, but that it has no date", async (ctx) => {
  if (findProgram("mandoc") === undefined) ctx.skip("mandoc is not installed");
  const { stdout } = await run("mandoc", ["-T", "lint", "-W", "warning"], { input: page });
  const said = stdout.split("\n").filter((line) => line !== "" && !/missing date/.test(line));
  expect(said).toEqual([]);
});
