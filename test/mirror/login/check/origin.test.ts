import { describe, expect, test } from "vitest";
import { judge } from "../../../../mirror/login/check/origin.js";

describe("P-18 where a package comes from", () => {
  const own = { version: "1.0", external: false, repository: "team" };
  const outside = { version: "9.0", external: true, repository: "store", connection: "public:pypi" };
  const searched = (versions: (typeof own)[]) => [
    { repository: "team", versions },
    { repository: "store", connection: "public:pypi", versions: [] },
  ];
  const BLOCK = { publish: "ALLOW", upstream: "BLOCK" } as const;
  test.each([
    ["own, closed", { searched: searched([own]), controls: BLOCK, served: true }, "own", false],
    ["own, open", { searched: searched([own]), controls: undefined, served: true }, "own", true],
    ["kept from outside", { searched: searched([outside]), controls: undefined, served: true }, "upstream", true],
    [
      "both: the public one counts",
      { searched: searched([own, outside]), controls: BLOCK, served: true },
      "upstream",
      false,
    ],
    [
      "own, but the pin is not",
      { searched: searched([own]), controls: undefined, served: true, version: "2" },
      "upstream",
      true,
    ],
    [
      "own, the pin is nowhere, closed",
      { searched: searched([own]), controls: BLOCK, served: true, version: "2" },
      "own",
      false,
    ],
    ["only in the index", { searched: searched([]), controls: undefined, served: true }, "upstream", true],
    ["nowhere", { searched: searched([]), controls: undefined, served: false }, "nowhere", true],
    [
      "nothing outside is connected",
      { searched: [{ repository: "team", versions: [own] }], controls: undefined, served: true },
      "own",
      false,
    ],
  ] as const)("%s", (_, facts, origin, upstreamOpen) => {
    expect(judge(facts)).toMatchObject({ origin, upstreamOpen });
  });
});
