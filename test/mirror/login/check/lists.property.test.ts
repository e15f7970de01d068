/** Requirements and lock files: every package that is written is read, and other text is refused in one way only. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Fault } from "../../../../base/fault.js";
import { withoutPassword } from "../../../../mirror/login/check/location.js";
import { parseLock } from "../../../../mirror/login/check/lockfile.js";
import { parseRequirements } from "../../../../mirror/login/check/requirements.js";
import { normalizeName } from "../../../../mirror/pypi/names.js";
import { parsed, RUNS } from "../../../support/properties.js";

const name = fc
  .stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,6}[A-Za-z0-9])?$/)
  .filter((text) => !/\.(whl|zip)$/i.test(text));
const version = fc.stringMatching(/^[1-9]\.[0-9]{1,2}(\.post[0-9])?$/);
const space = fc.constantFrom("", " ", "  ");

const requirement = fc
  .record({
    name,
    version: fc.option(version),
    space,
    extra: fc.constantFrom("", "[a]", "[a,b]"),
    rest: fc.constantFrom("", ' ; python_version < "4"', " --hash=sha256:00", "  # why", " \\\n    --hash=sha256:11"),
  })
  .map((parts) => ({
    text:
      parts.name +
      parts.extra +
      (parts.version === null ? "" : `${parts.space}==${parts.space}${parts.version}`) +
      parts.rest,
    wanted: { name: normalizeName(parts.name), ...(parts.version === null ? {} : { version: parts.version }) },
  }));
const noise = fc
  .constantFrom("", "# comment", "   # another", "-r other.txt", "--index-url https://u:p@i.test/simple", "-e .")
  .map((text) => ({ text }));

test("requirements.txt: what is written is read, in order, with its line", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(requirement, noise), { maxLength: 8 }),
      fc.constantFrom("\n", "\r\n"),
      (rows, eol) => {
        const text = rows.map((row) => row.text.replaceAll("\n", eol)).join(eol);
        let line = 1;
        const wanted = rows.flatMap((row) => {
          const at = line;
          line += row.text.split("\n").length;
          return "wanted" in row ? [{ ...row.wanted, line: at }] : [];
        });
        const { required, indexes } = parseRequirements(text, "r.txt");
        expect(required).toEqual(wanted);
        expect(indexes.join("")).not.toContain("p@");
      },
    ),
    RUNS,
  );
});

test("other text is refused with a fault that does not quote it, or read", () => {
  const unit = fc.constantFrom(
    ..."ab1=<>!~;#@[](),./\\-\"' \t\n\r:&?%",
    "secret",
    "--",
    "==",
    "https://",
    "\ufeff",
    "é",
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 60 }), (text) => {
      try {
        parseRequirements(text, "r.txt");
      } catch (error) {
        expect(error).toBeInstanceOf(Fault);
        expect(String(error)).not.toContain("secret");
      }
      parsed(() => parseLock(text, "p.json"), Fault);
    }),
    { ...RUNS, numRuns: 1_000 },
  );
  fc.assert(
    fc.property(fc.json(), fc.jsonValue(), (text, value) => {
      parsed(() => parseLock(text, "p.json"), Fault);
      parsed(() => parseLock(JSON.stringify({ packages: value }), "p.json"), Fault);
      parsed(() => parseLock(JSON.stringify({ packages: { "node_modules/a": value } }), "p.json"), Fault);
      parsed(() => parseLock(JSON.stringify({ dependencies: { a: value } }), "p.json"), Fault);
      parsed(() => parseLock(JSON.stringify({ dependencies: { a: { dependencies: value } } }), "p.json"), Fault);
    }),
    RUNS,
  );
});

test("package-lock.json: both forms name the same packages", () => {
  const tree = fc.uniqueArray(fc.tuple(fc.stringMatching(/^(@[a-z]{1,4}\/)?[a-z]{1,6}$/), version), {
    selector: ([of]) => of,
    maxLength: 6,
  });
  fc.assert(
    fc.property(tree, fc.webUrl(), (packages, base) => {
      const row = ([of, at]: readonly [string, string]) => ({ version: at, resolved: `${base}/${of}` });
      const flat = Object.fromEntries(packages.map((each) => [`node_modules/${each[0]}`, row(each)]));
      const nested = packages.reduceRight<Record<string, unknown>>(
        (inside, each) => ({ [each[0]]: { ...row(each), dependencies: inside } }),
        {},
      );
      const wanted = packages.map(([of, at]) => ({ name: of, version: at, url: `${base}/${of}` }));
      expect(parseLock(JSON.stringify({ packages: { "": {}, ...flat } }), "p").required).toEqual(wanted);
      expect(parseLock(JSON.stringify({ dependencies: nested }), "p").required).toEqual(wanted);
    }),
    RUNS,
  );
});

test("taking a password out of a URL leads to no other host", () => {
  const unit = fc.constantFrom(..."ab:@/?#\\.%", "evil.test", "mirror.test");
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 8 }), fc.constantFrom("https", "http"), (rest, scheme) => {
      const url = `${scheme}://${rest}`;
      if (!URL.canParse(url)) return;
      const bare = withoutPassword(url);
      const [before, after] = [new URL(url), URL.canParse(bare) ? new URL(bare) : undefined];
      expect([url, after?.host]).toEqual([url, before.host]);
      expect([url, after?.username, after?.password]).toEqual([url, "", ""]);
    }),
    { ...RUNS, numRuns: 2_000 },
  );
});
