import { describe, expect, test } from "vitest";
import * as checks from "../../scripts/release/checks.js";
import type { PackageJson } from "../../scripts/release/package-json.js";

const versions = {
  packageJson: "1.2.3",
  lock: "1.2.3",
  source: "1.2.3",
  changelog: "# Changelog\n\n## 1.2.3 – 2026-12-01\n\n- one\n\n## 1.2.2 – 2026-11-01\n",
  readme: "# Sallyport\n",
};
const published: PackageJson = {
  name: "kit",
  version: "1.2.3",
  repository: { type: "git", url: "git+https://example.com/kit.git" },
  homepage: "https://example.com/kit",
  bugs: { url: "https://example.com/kit/issues" },
  publishConfig: { access: "public", provenance: true },
  peerDependencies: {},
};

describe("a release is refused", () => {
  test.each([
    [{ lock: "1.2.2" }, "package-lock.json has 1.2.2"],
    [{ source: "1.2.2" }, "base/version.ts has 1.2.2"],
    [{ changelog: "# Changelog\n\n## 1.2.2 – 2026-12-01\n" }, "CHANGELOG.md begins with 1.2.2"],
    [{ changelog: "# Changelog\n" }, "CHANGELOG.md begins with no version"],
    [{ changelog: "## 1.2.3 – unreleased\n" }, 'CHANGELOG.md says "unreleased"'],
    [{ readme: "Version 1.2.3 is not on npm yet" }, "README.md says that 1.2.3 is not on npm yet"],
    [{ tag: "v1.2.2" }, "the tag is v1.2.2"],
  ])("with the version %j", (changed, found) => {
    expect(checks.checkVersion({ ...versions, ...changed })).toMatchObject({ state: "problem", found });
  });

  test.each([
    [{ repository: undefined }, "package.json has no repository"],
    [{ homepage: undefined, bugs: undefined }, "package.json has no homepage, bugs"],
    [{ homepage: "kit.example.com" }, "package.json has no homepage"],
  ])("without a home: %j", (changed, found) => {
    expect(checks.checkHome({ ...published, ...changed } as PackageJson)).toMatchObject({ state: "missing", found });
  });

  test.each([[undefined], [{ access: "public" }], [{ access: "restricted", provenance: true }]])(
    "with the settings %j",
    (publishConfig) => {
      expect(checks.checkProvenance({ ...published, publishConfig } as PackageJson).state).toBe("missing");
    },
  );

  test("with changes that are not committed", () => {
    const row = checks.checkTree(" M a.ts\n?? b.ts\n M c.ts\n M d.ts\n");
    expect(row).toMatchObject({ state: "problem", found: "not committed: a.ts, b.ts, c.ts and 1 more" });
  });

  test.each([
    ["-----BEGIN RSA PRIVATE KEY-----\n", "QUJD".repeat(20)],
    ["key = AK", "IAQ3EGTPJ7X2M4N6PQ"],
    ["//registry.npmjs.org/:_authToken=npm", `_${"a1B2".repeat(9)}`],
    ["token: eyJhbGciOiJIUzI1NiJ9", `.eyJ${"abcd".repeat(6)}.${"efgh".repeat(6)}`],
  ])("with a secret: %s", (before, after) => {
    expect(
      checks.checkSecrets(
        new Map([
          ["a", "fine"],
          ["b", before + after],
        ]),
      ),
    ).toMatchObject({
      state: "problem",
      found: expect.stringMatching(/ in b$/),
    });
  });

  test.each(["GPL-3.0-only", "MIT AND GPL-3.0-only", "SEE LICENSE IN EULA", undefined])(
    "with the licence %s",
    (licence) => {
      expect(checks.checkLicences(new Map([["x@1.0.0", licence]]))).toMatchObject({
        state: "problem",
        found: `x@1.0.0 (${licence ?? "unknown"})`,
      });
    },
  );
});

describe("the files of a package", () => {
  const needed = [
    ...[
      "LICENSE",
      "README.md",
      "dist/licences.txt",
      "man/sallyport.1",
      "skills/sallyport/SKILL.md",
      "dist/index.js",
      "dist/index.d.ts",
    ],
    ...["dist/cli/main.js", "dist/client/index.js", "dist/config/sallyport.schema.json"],
    ...["agent", "gateway", "firewall-sync"].map((name) => `dist/runtime/${name}.mjs`),
    "dist/runtime/hosts-page.json",
  ];

  test("of the expected kinds pass", () => {
    const more = [
      "docs/images/plots/agent-dark.svg",
      "docs/images/hosts-page-dark.webp",
      "docs/start/limits.md",
      "dist/cli/chunk-2L5PN63V.js",
      "dist/stacks/boot/host.sh",
    ];
    expect(checks.checkFiles([...needed, ...more]).state).toBe("ok");
  });

  test.each([
    "dist/test/support/x.js",
    "dist/cli/main.test.js",
    "dist/.tsbuildinfo",
    ".npmrc",
    "dist/runtime/node-22.23.3-linux-x64/bin/node",
    "terraform.accelerator-hosts.tfstate",
    "docs/start/notes.txt",
  ])("with %s do not", (file) => {
    expect(checks.checkFiles([...needed, file])).toMatchObject({ state: "problem", found: `not expected: ${file}` });
  });

  test.each(needed)("without %s do not", (file) => {
    const found = `not in the package: ${file}`;
    expect(checks.checkFiles(needed.filter((each) => each !== file))).toMatchObject({ state: "missing", found });
  });
});

test("a package in a bundle without its notice is named", () => {
  const notices = "====\ntar 7.5.23, BlueOak-1.0.0\n====\n";
  expect(checks.checkNotices(notices, ["tar"]).state).toBe("ok");
  expect(checks.checkNotices(notices, ["jose", "tar"])).toMatchObject({ state: "missing", found: "none of jose" });
});

test("a release that has everything passes", () => {
  const rows = [
    checks.checkVersion({ ...versions, tag: "v1.2.3" }),
    checks.checkHome(published),
    checks.checkProvenance(published),
    checks.checkTree(""),
    checks.checkSecrets(new Map([["a", "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE"]])),
    checks.checkLicences(
      new Map([
        ["a@1.0.0", "MIT"],
        ["b@1.0.0", "(BSD-3-Clause OR GPL-2.0)"],
      ]),
    ),
  ];
  expect(rows.map(({ state }) => state)).toEqual(rows.map(() => "ok"));
});
