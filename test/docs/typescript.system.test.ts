/** Every TypeScript block of the documents compiles against the package, but for the signatures that TypeDoc prints. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../../base/process/run.js";
import { packageRoot } from "../../base/tools.js";
import { type Block, blocks } from "../support/blocks.js";

/** Signatures are no programs; TypeDoc reads them from the sources. */
const isSignature = ({ page, before }: Block) =>
  page.startsWith("docs/reference/library") && !/^#+ Examples?$/.test(before);

/** What the text around the examples has made before; a line is left out where the example makes its own. */
const CONTEXT: Readonly<Record<string, string>> = {
  vpc: 'declare const vpc: import("@cdktf/provider-aws/lib/vpc/index.js").Vpc;',
  subnet: 'declare const subnet: import("@cdktf/provider-aws/lib/subnet/index.js").Subnet;',
  role: 'declare const role: import("@cdktf/provider-aws/lib/iam-role/index.js").IamRole;',
  app: 'declare const app: import("cdktf").App;',
  access: 'declare const access: import("sallyport").FirewallRules;',
  keyPair: 'declare const keyPair: import("sallyport").KeyPair;',
  publicKey: "declare const publicKey: string;",
  privateKey: "declare const privateKey: string;",
  token: "declare const token: string;",
  client: 'declare const client: import("sallyport/client").AgentClient;',
};
const CLASSES: Readonly<Record<string, readonly string[]>> = {
  cdktf: ["App", "TerraformOutput"],
  sallyport: [
    "AcceleratorHost",
    "CallerAccess",
    "CallerOnly",
    "Cidr",
    "FirewallRules",
    "KeyPair",
    "PackageMirror",
    "PrivateNetwork",
    "allowedBy",
    "buildTable",
    "loadConfig",
    "mirrorRepositories",
    "networkPlace",
  ],
  "sallyport/client": ["AgentClient", "SshSession", "resolveTrust"],
};

/** The example as a module: its imports, what it takes for granted, and the rest in a construct. */
function moduleOf({ text }: Block): string {
  const imports = text.match(/^import .*$/gm) ?? [];
  const rest = text.replaceAll(/^import .*$/gm, "");
  const imported = imports.join("\n");
  const missing = Object.entries(CLASSES).flatMap(([from, names]) => {
    const used = names.filter((name) => new RegExp(`\\b${name}\\b`).test(rest) && !imported.includes(name));
    return used.length === 0 ? [] : [`import { ${used.join(", ")} } from "${from}";`];
  });
  const context = Object.entries(CONTEXT).flatMap(([name, line]) =>
    new RegExp(`\\b${name}\\b`).test(rest) ? [line] : [],
  );
  const body = `export async function example(this: import("constructs").Construct) {\n${rest}\n}`;
  return [...imports, ...missing, ...context, body, ""].join("\n");
}

test("every example compiles against the package", async () => {
  const examples = blocks().filter((block) => block.language === "ts" && !isSignature(block));
  expect(examples.length).toBeGreaterThan(15);
  const dir = await mkdtemp(join(tmpdir(), "sallyport-examples-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  await mkdir(join(dir, "examples"));
  await symlink(join(packageRoot, "node_modules"), join(dir, "node_modules"));
  await writeFile(join(dir, "package.json"), '{ "type": "module" }');
  const files = examples.map((_, index) => `examples/example-${index + 1}.ts`);
  await Promise.all(files.map((file, index) => writeFile(join(dir, file), moduleOf(examples[index] as Block))));
  const compilerOptions = {
    noEmit: true,
    noUnusedLocals: false,
    typeRoots: [join(packageRoot, "node_modules/@types")],
    paths: { sallyport: [join(packageRoot, "index.ts")], "sallyport/client": [join(packageRoot, "client/index.ts")] },
  };
  await writeFile(
    join(dir, "tsconfig.json"),
    JSON.stringify({ extends: join(packageRoot, "tsconfig.json"), compilerOptions, include: [], files }),
  );
  const tsc = join(packageRoot, "node_modules/typescript/bin/tsc");
  const { exitCode, stdout } = await run(process.execPath, [tsc, "-p", dir], { timeoutMs: 1_200_000 });
  const named = stdout.replaceAll(/examples\/example-(\d+)\.ts/g, (_, index) => examples[index - 1]?.where ?? "");
  expect({ exitCode, named }).toEqual({ exitCode: 0, named: "" });
});
