// Compiles the package into dist/ and bundles what is shipped: the agent for hosts, the follower for Lambda.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle, prepareDatabase } from "./bundle.mjs";
import { bundleCli } from "./bundle-cli.mjs";
import { licencesOf } from "./licences.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
removeBuilt("dist");
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const compiled = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

mkdirSync(join(root, "dist/runtime"), { recursive: true });
const metafiles = [await bundleCli("dist/cli"), await bundle("dist/runtime")];
writeFileSync(join(root, "dist/licences.txt"), licencesOf(metafiles, root));
await prepareDatabase(join(root, "dist/runtime"));
cpSync(join(root, "agent/systemd"), join(root, "dist/runtime/systemd"), { recursive: true });
cpSync(join(root, "gateway/systemd"), join(root, "dist/runtime/gateway-systemd"), { recursive: true });
cpSync(join(root, "stacks/boot"), join(root, "dist/stacks/boot"), {
  recursive: true,
  filter: (from) => extname(from) === "" || extname(from) === ".sh",
});
const { schemaText } = await import("../dist/config/schema.js");
writeFileSync(join(root, "dist/config/sallyport.schema.json"), schemaText());
chmodSync(join(root, "dist/cli/main.js"), 0o755);

// With it here, a deploy from this clone needs no network but AWS; without it, the first deploy fetches it.
const { downloadHostNode } = await import("../dist/stacks/runtime/host-node.js");
await downloadHostNode(join(root, "dist/runtime"), process.env).catch((error) => {
  console.error(`build: ${error.message}; the first deploy will try again`);
});

/** A file that an earlier build made and this one does not would be packed with the rest; Node's download is kept. */
function removeBuilt(dir) {
  mkdirSync(join(root, dir), { recursive: true });
  for (const name of readdirSync(join(root, dir))) {
    if (dir === "dist" && name === "runtime") removeBuilt("dist/runtime");
    else if (!name.startsWith("node-")) rmSync(join(root, dir, name), { recursive: true });
  }
}
