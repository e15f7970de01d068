import { describe, expect, test } from "vitest";
import { awsFault } from "../../../mirror/login/aws-faults.js";
import { parseLock } from "../../../mirror/login/check/lockfile.js";
import { declaredPrivate, packageId } from "../../../mirror/login/check/names.js";
import { judge } from "../../../mirror/login/check/origin.js";
import { parseRequirements } from "../../../mirror/login/check/requirements.js";
import { chanceOf, dueAt, leftText, retryAfter } from "../../../mirror/login/due.js";
import { shellLines } from "../../../mirror/login/environment.js";
import { parseLifetime, repositoryRef } from "../../../mirror/login/repository-ref.js";
import { serviceText } from "../../../mirror/login/units.js";
import { faultText } from "../../support/fault-text.js";

const target = { domain: "tools", repository: "team" };

describe("P-12 names, not ARNs", () => {
  test.each([
    [
      { repository: "arn:aws:codeartifact:eu-west-1:111122223333:repository/tools/team" },
      "write --domain tools --domain-owner 111122223333 --repository team --region eu-west-1",
    ],
    [
      { domain: "arn:aws:codeartifact:eu-west-1:111122223333:domain/tools" },
      "write --domain tools --domain-owner 111122223333 --region eu-west-1",
    ],
    [{ repository: "arn:aws:s3:::b" }, "write the name of a CodeArtifact domain and of a repository in it"],
    [{ domain: "D", repository: "team" }, "write 2 to 50 lower-case letters"],
    [{ domain: "tools", repository: "team", domainOwner: "123" }, "write the 12 digits"],
    [{ domain: "tools", repository: "-x" }, "write 2 to 100 letters"],
    [{ domain: "tools", repository: "team", endpointUrl: "ftp://x" }, "write a URL"],
    [{ domain: "tools" }, "name the repository with --domain and --repository"],
  ])("%j", async (flags, hint) => expect(await faultText(() => repositoryRef(flags))).toContain(hint));
});

test("P-14 lifetimes: 0 and 15 minutes to 12 hours", () => {
  expect(["0", "15m", "900", "1h30m", "12h", "43200"].map(parseLifetime)).toEqual([0, 900, 900, 5400, 43_200, 43_200]);
  for (const wrong of ["14m", "13h", "-1", "", "1d", "899", "x"])
    expect(() => parseLifetime(wrong)).toThrow("--duration");
});

describe("P-10 what AWS says, and what to do", () => {
  const said = (name: string, message: string) => Object.assign(new Error(message), { name, $metadata: {} });
  test.each([
    [
      "AccessDeniedException",
      "User: arn:aws:iam::1:user/a is not authorized to perform: sts:GetServiceBearerToken on resource: x",
      "mirror/no-bearer-token",
    ],
    [
      "AccessDeniedException",
      "User: a is not authorized to perform: codeartifact:GetAuthorizationToken on resource: x because no VPC endpoint policy allows the action",
      "mirror/endpoint-policy",
    ],
    [
      "AccessDeniedException",
      "User: a is not authorized to perform: codeartifact:GetAuthorizationToken on resource: x",
      "mirror/not-authorized",
    ],
    ["AccessDeniedException", "User: arn:aws:iam::1:root is not authorized", "mirror/root-user"],
    ["ExpiredTokenException", "expired", "mirror/credentials-expired"],
    ["UnrecognizedClientException", "invalid", "mirror/credentials-wrong"],
    ["CredentialsProviderError", "none", "mirror/no-credentials"],
    ["ResourceNotFoundException", "Domain not found", "mirror/not-found"],
    ["ThrottlingException", "Rate exceeded", "mirror/throttled"],
    ["Error", "Region is missing", "mirror/no-region"],
  ])("%s %s", (name, message, code) => {
    expect(awsFault(said(name, message), "GetAuthorizationToken", target)).toMatchObject({
      code,
      hint: expect.any(String),
    });
  });
  test("a defect of ours stays what it is", () => {
    const defect = new TypeError("x is undefined");
    expect(awsFault(defect, "GetAuthorizationToken", target)).toBe(defect);
  });
});

test("P-16 due in the last third, never later than a third of it before the end, never before the token was made", () => {
  for (const hours of [0, 0.25, 1, 12])
    for (const random of [0, 0.5, 0.999]) {
      const span = { issuedAt: 0, expiresAt: hours * 3_600_000 };
      const lead = span.expiresAt - dueAt(span, random);
      const full = Math.min(span.expiresAt / 3, 7_200_000);
      expect(lead).toBeGreaterThanOrEqual(full);
      expect(lead).toBeLessThanOrEqual((full * 4) / 3);
    }
  expect([1, 2, 3, 20].map((failures) => retryAfter(failures, 0))).toEqual([30_000, 60_000, 120_000, 900_000]);
  expect(chanceOf("pip 1")).toBe(chanceOf("pip 1"));
  expect([0, 30_000, 240_000, 43_140_000].map(leftText)).toEqual([
    "expired",
    "less than a minute",
    "4 min",
    "11 h 59 min",
  ]);
});

test("shells take any value", () => {
  const value = { A: "it's \\ a $x" };
  expect([shellLines(value, "sh"), shellLines(value, "fish"), shellLines(value, "powershell")]).toEqual([
    ["export A='it'\\''s \\ a $x'"],
    ["set -gx A 'it\\'s \\\\ a $x'"],
    ["$env:A = 'it''s \\ a $x'"],
  ]);
});

test("a unit's words are quoted as systemd reads them", () => {
  const text = serviceText({ command: ["/a b/node", "50%"], environment: { HOME: "/h o" } });
  expect(text).toContain('ExecStart="/a b/node" 50%%\n');
  expect(text).toContain('Environment="HOME=/h o"\n');
});

test("a requirements file: names, pins, continued lines, and what is not from an index", () => {
  const text = [
    "# comment",
    "-r more.txt",
    "--extra-index-url=https://me:secret@x/simple",
    "Foo_Bar[extra]==1.2 ; python_version > '3' # why",
    "baz>=1,<2 \\",
    "  --hash=sha256:abc",
    "zip === 3",
    "direct @ https://me:secret@x/d.whl",
    "./local",
    "-e git+https://x/y",
    "https://x/z.tar.gz",
  ].join("\n");
  const parsed = parseRequirements(text);
  expect(parsed.required).toEqual([
    { name: "foo-bar", version: "1.2", line: 4 },
    { name: "baz", line: 5 },
    { name: "zip", version: "3", line: 7 },
  ]);
  expect(parsed.files).toEqual(["more.txt"]);
  expect(parsed.indexes).toEqual(["https://x/simple"]);
  expect(parsed.elsewhere).toHaveLength(4);
  expect(JSON.stringify(parsed)).not.toContain("secret");
});

test("a lock file: nested, aliased, linked, bundled, from git; the old form too", async () => {
  const packages = {
    "": {},
    "node_modules/a": { version: "1.0.0" },
    "node_modules/a/node_modules/@s/b": { version: "2.0.0" },
    "node_modules/alias": { name: "real", version: "3.0.0" },
    "node_modules/ws": { link: true },
    "node_modules/in": { version: "1.0.0", inBundle: true },
    "node_modules/g": { version: "1.0.0", resolved: "git+ssh://git@x/y.git#abc" },
  };
  const lock = parseLock(JSON.stringify({ packages }), "f");
  expect(lock.required.map(({ name, version }) => `${name} ${version}`)).toEqual([
    "a 1.0.0",
    "@s/b 2.0.0",
    "real 3.0.0",
  ]);
  expect(lock.elsewhere).toHaveLength(2);
  const old = { dependencies: { a: { version: "1.0.0", dependencies: { b: { version: "2.0.0" } } } } };
  expect(parseLock(JSON.stringify(old), "f").required.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(await faultText(() => parseLock("{}", "f"))).toContain('"f" is no package-lock.json');
});

test("P-05 names are normalised, patterns too", () => {
  expect(packageId("pypi", "Foo__Bar.baz")).toEqual({ format: "pypi", name: "foo-bar-baz" });
  expect(packageId("npm", "@acme/ui")).toEqual({ format: "npm", namespace: "acme", name: "ui" });
  expect(() => packageId("pypi", "../x")).toThrow();
  const ours = declaredPrivate("pypi", ["Acme_*", "core"]);
  expect(["acme-tools", "core", "core-x", "xacme-"].map(ours)).toEqual([true, true, false, false]);
});

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
