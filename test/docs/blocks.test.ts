/**
 * Every block of the documents is read by the program that it is for, or has a reason why not. Commands are in
 * commands.test.ts, TypeScript in typescript.system.test.ts.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../config/load.js";
import { initialYaml } from "../../gateway/settings/initial.js";
import { parseConfig as parseGateway } from "../../gateway/settings/parse.js";
import { parseConfig as parseMirror } from "../../mirror/settings/parse.js";
import { test } from "../fixtures/temporary.js";
import { type Block, blocks } from "../support/blocks.js";

const all = blocks();
const of = (language: string) => all.filter((block) => block.language === language);

/** Languages whose blocks nothing runs, and why. */
const REASONS: Readonly<Record<string, string>> = {
  text: "what a program prints: generated, or compared in troubleshooting.test.ts",
  ini: "a drop-in of systemd, or AWS's file of credentials: other programs read them",
  js: "a request of the reader's program: test/certs makes the same one",
  mermaid: "a drawing",
  "": "a drawing",
};
/** What runs the blocks of the other languages. */
const RUN_BY: Readonly<Record<string, string>> = {
  console: "commands.test.ts",
  sh: "commands.test.ts",
  yaml: "this file",
  json: "this file",
  ts: "typescript.system.test.ts",
  python: "test/agent/apyfal/python-client.system.test.ts, test/certs",
};

test("every language of a block has what runs it, or a reason", () => {
  const unknown = all.filter(({ language }) => RUN_BY[language] === undefined && REASONS[language] === undefined);
  expect(unknown.map(({ where }) => where)).toEqual([]);
  expect(all.length).toBeGreaterThan(150);
});

test("a block without a language is a drawing", () => {
  const drawings = of("").map(({ where, text }) => [where, /[─│┐├]/.test(text)]);
  expect(drawings.filter(([, isDrawing]) => isDrawing !== true)).toEqual([]);
});

describe("a block of YAML", () => {
  /** YAML of others. */
  const FOREIGN: Readonly<Record<string, string>> = {
    "docs/tasks/follow-an-address-list.md: - alert: AddressListNotFollowed": "a rule of Prometheus",
  };
  const MIRROR = /^docs\/tasks\/codeartifact-on-one-machine\.md/;
  const GATEWAY = /^docs\/(?:reference\/gateway|tasks\/gateway-\w+)\.md/;
  const read = (block: Block): "mirror" | "gateway" | "project" | undefined => {
    if (FOREIGN[block.where] !== undefined) return undefined;
    if (MIRROR.test(block.page)) return "mirror";
    return GATEWAY.test(block.page) ? "gateway" : "project";
  };

  test.for(of("yaml").filter((block) => read(block) === "project"))(
    "is a sallyport.yaml that loads: $where",
    async ({ text }, { dir }) => {
      await writeFile(join(dir, "sallyport.yaml"), text);
      const { config } = await loadConfig({ cwd: dir, env: { HOME: dir } });
      expect(config.name).toMatch(/./);
    },
  );

  test.for(of("yaml").filter((block) => read(block) === "gateway"))(
    "is part of a gateway.yaml that loads: $where",
    ({ text }) => {
      const gateway = {
        name: "lab",
        wan: "eth0",
        lan: "eth1",
        lab: ["192.168.1.0/24"],
        address: "198.51.100.1",
        port: 443,
        url: "https://198.51.100.1",
      };
      const initial = parse(initialYaml(gateway, { dir: "/etc/sallyport", cert: "c", key: "k", secret: "s" }));
      const merged = JSON.stringify({ ...initial, ...parse(text) });
      expect(parseGateway(merged, "gateway.yaml")).toMatchObject(parse(text));
    },
  );

  test.for(of("yaml").filter((block) => read(block) === "mirror"))(
    "is a mirror.yaml that loads: $where",
    ({ text }) => {
      expect(parseMirror(text, "mirror.yaml")).toMatchObject({ account: "123456789012" });
    },
  );

  test("of another program still exists", () => {
    const shown = of("yaml").map(({ where }) => where);
    expect(Object.keys(FOREIGN).filter((where) => !shown.includes(where))).toEqual([]);
  });
});

test.for(of("json"))("a block of JSON is one document, or one in each line: $where", ({ text }) => {
  const isDocument = text.startsWith("{\n");
  for (const part of isDocument ? [text] : text.trim().split("\n")) expect(() => JSON.parse(part)).not.toThrow();
});
