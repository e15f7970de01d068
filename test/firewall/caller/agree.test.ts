import { describe, expect, test } from "vitest";
import { agreeOnCaller, type ServiceResponse } from "../../../firewall/caller/agree.js";

const HONEST = "54.214.133.41";
const LIE = "8.8.4.4";
const answers = (...texts: (string | undefined)[]): ServiceResponse[] =>
  texts.map((text, index) => ({
    service: `s${index + 1}`,
    ...(text === undefined ? { failure: "timeout" } : { text }),
  }));
const agreed = (...texts: (string | undefined)[]) => agreeOnCaller(answers(...texts)).callers.map(String);

describe("which address is believed", () => {
  const cases: [string, (string | undefined)[], string[]][] = [
    ["two that agree are enough", [HONEST, HONEST], [`${HONEST}/32`]],
    ["one alone is not believed", [HONEST], []],
    ["one alone is not believed when the others fail", [HONEST, undefined, undefined], []],
    ["a lying service is outvoted", [LIE, HONEST, HONEST], [`${HONEST}/32`]],
    ["two that differ decide nothing", [LIE, HONEST], []],
    ["two against two decide nothing", [LIE, LIE, HONEST, HONEST], []],
    ["three against two win", [LIE, LIE, HONEST, HONEST, HONEST], [`${HONEST}/32`]],
    ["white space around the address is fine", [`${HONEST}\n`, ` ${HONEST}`], [`${HONEST}/32`]],
    ["a mapped address is the same caller", [`::ffff:${HONEST}`, HONEST], [`${HONEST}/32`]],
    ["two private answers open nothing", ["10.0.0.1", "10.0.0.1"], []],
    ["two documentation addresses open nothing", ["203.0.113.7", "203.0.113.7"], []],
    ["two captive portals open nothing", ["<html>log in</html>", "<html>log in</html>"], []],
    ["a block is no answer", ["8.0.0.0/8", "8.0.0.0/8"], []],
    ["the whole Internet is no answer", ["0.0.0.0/0", "0.0.0.0/0"], []],
    [
      "each family is agreed on by itself",
      ["2600:1f18::1", HONEST, HONEST, "2600:1f18::1"],
      [`${HONEST}/32`, "2600:1f18::1/128"],
    ],
    ["a family without agreement is left out", ["2600:1f18::1", HONEST, HONEST, "2600:1f18::2"], [`${HONEST}/32`]],
  ];
  test.each(cases)("%s", (_, texts, expected) => {
    expect(agreed(...texts)).toEqual(expected);
    expect(agreed(...[...texts].reverse())).toEqual(expected);
  });
});

test("each service that did not help is named with the reason", () => {
  const { objections } = agreeOnCaller(answers(HONEST, HONEST, LIE, undefined, "10.0.0.1", "<html>".repeat(20)));
  expect(objections).toMatchInlineSnapshot(`
    [
      "s4: timeout",
      "s5: answered "10.0.0.1", which is not a public address",
      "s6: answered "<html><html><html><html><html><html><html>...", which is not an address",
      "s3: 8.8.4.4, with which the others disagree",
    ]
  `);
});
