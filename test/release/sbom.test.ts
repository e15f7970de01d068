import { expect, test } from "vitest";
// @ts-expect-error a script without types
import { bundledDirectories } from "../../scripts/licences.mjs";
import { nameOfPath } from "../../scripts/release/package-json.js";
import { type Bom, releaseSbom, sbomFault } from "../../scripts/release/sbom.js";
import { shippedPaths } from "../../scripts/release/shipped.js";

const component = (ref: string, name: string, ...marks: string[]) => ({
  "bom-ref": ref,
  type: "library",
  name,
  version: ref.slice(ref.lastIndexOf("@") + 1),
  properties: marks.map((mark) => ({ name: `cdx:npm:package:${mark}`, value: "true" })),
});
const whole = {
  bomFormat: "CycloneDX",
  specVersion: "1.5",
  version: 1,
  metadata: { component: component("kit@1.0.0", "the-directory") },
  components: [
    component("used@1.0.0", "used"),
    component("inside@2.0.0", "inside", "development"),
    component("wide@3.0.0", "wide-alias", "development", "bundled"),
    component("tool@4.0.0", "tool", "development"),
  ],
  dependencies: [
    { ref: "kit@1.0.0", dependsOn: ["used@1.0.0", "inside@2.0.0", "tool@4.0.0"] },
    { ref: "tool@4.0.0", dependsOn: ["wide@3.0.0"] },
    { ref: "used@1.0.0", dependsOn: ["wide@3.0.0"] },
  ],
} as unknown as Bom;

test("a bill of materials has what is shipped, under its own name, and nothing of the tools", async () => {
  const bom = releaseSbom(whole, new Set(["used@1.0.0", "inside@2.0.0", "wide@3.0.0"]), "kit");
  expect(bom.metadata.component.name).toBe("kit");
  expect(bom.components.map(({ name, properties }) => [name, properties])).toEqual([
    ["used", []],
    ["inside", []],
    ["wide", []],
  ]);
  expect(bom.dependencies).toEqual([
    { ref: "kit@1.0.0", dependsOn: ["used@1.0.0", "inside@2.0.0"] },
    { ref: "used@1.0.0", dependsOn: ["wide@3.0.0"] },
  ]);
  expect(await sbomFault(bom)).toBeUndefined();
});

test("what CycloneDX 1.5 does not allow is found", async () => {
  const [first] = whole.components;
  expect(await sbomFault({ ...whole, components: [{ ...first, type: "gadget" }] } as unknown as Bom)).toContain(
    "/components/0/type",
  );
});

test("the packages in a bundle are those of its innermost node_modules", () => {
  const files = [
    "cli/main.ts",
    "node_modules/tar/dist/index.js",
    "../main/node_modules/@nats-io/jetstream/lib/mod.js",
    "node_modules/cacache/node_modules/minipass/index.js",
  ];
  const inputs = Object.fromEntries(files.map((file) => [file, {}]));
  const directories: string[] = bundledDirectories([{ outputs: { "main.js": { inputs } } }]);
  expect(directories.map(nameOfPath)).toEqual(["tar", "@nats-io/jetstream", "minipass"]);
});

test("shipped are the dependencies with theirs, the peers, and what is inside the bundles", () => {
  const lock = {
    version: "1.0.0",
    packages: {
      "": { version: "1.0.0" },
      "node_modules/used": { version: "1.0.0" },
      "node_modules/used/node_modules/deep": { version: "1.0.0" },
      "node_modules/inside": { version: "1.0.0", dev: true },
      "node_modules/cdktf": { version: "0.21.0", dev: true },
      "node_modules/tool": { version: "1.0.0", dev: true },
      "node_modules/tool/node_modules/inside": { version: "0.9.0", dev: true },
    },
  };
  const packageJson = { name: "kit", version: "1.0.0", peerDependencies: { cdktf: "^0.21.0" } };
  expect(shippedPaths(lock, packageJson, ["inside"])).toEqual([
    "node_modules/used",
    "node_modules/used/node_modules/deep",
    "node_modules/inside",
    "node_modules/cdktf",
  ]);
});
