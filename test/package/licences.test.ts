import { expect, test } from "vitest";
import { packageRoot } from "../../base/tools.js";

const script = "../../scripts/licences.mjs";
const { licencesOf } = (await import(script)) as { licencesOf: (metafiles: readonly object[], root: string) => string };

const bundle = (...files: string[]) => ({
  outputs: { "dist/x.js": { inputs: Object.fromEntries(files.map((file) => [file, { bytesInOutput: 1 }])) } },
});

test("each bundled package is there with its version and its own text, and equal texts are there once", () => {
  const text = licencesOf(
    [
      bundle("cli/main.ts", "node_modules/commander/index.js", "node_modules/commander/lib/option.js"),
      bundle("node_modules/@aws-sdk/client-ec2/x.js", "node_modules/@aws-sdk/client-sts/x.js"),
    ],
    packageRoot,
  );
  expect(text.match(/^commander [\d.]+, MIT$/gm)).toHaveLength(1);
  expect(text).toMatch(/Copyright \(c\) 2011 TJ Holowaychuk/);
  expect(text).toMatch(/^@aws-sdk\/client-ec2 [\d.]+, Apache-2\.0\n@aws-sdk\/client-sts [\d.]+, Apache-2\.0$/m);
  expect(text.match(/Apache License\s+Version 2\.0/g)).toHaveLength(1);
  expect(text).not.toContain("sallyport");
});
