/**
 * The index that everybody installs from, in a process of its own: 50 packages for pip, and 50 for npm, of which one
 * needs the 49 others. Prints where it listens as one line of JSON.   upstream.ts LATENCY_MS
 */
import { argv } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { Upstream } from "../../test/mirror/support/upstream.js";
import { npmTarball, wheel } from "../../test/mirror/support/wheels.js";

const PACKAGES = 50;
/** Content of a package that does not compress: half of what is on PyPI is smaller than about this. */
const BYTES = 100_000;
const VERSIONS = 5;

const latency = Number(argv[2] ?? 0);
const upstream = await Upstream.start();
upstream.trouble = async () => {
  if (latency > 0) await sleep(latency);
  return false;
};

const names = Array.from({ length: PACKAGES - 1 }, (_, index) => `part-${index}`);
for (const name of names) {
  for (let minor = 0; minor < VERSIONS; minor++) {
    const version = `1.${minor}.0`;
    upstream.add(name, wheel({ name, version, padding: BYTES }));
    const manifest = { name, version };
    upstream.publish(manifest, npmTarball(manifest, BYTES));
  }
}
upstream.add(
  "everything",
  wheel({ name: "everything", version: "1.0.0", requires: names.map((name) => `${name}>=1`) }),
);
const everything = {
  name: "everything",
  version: "1.0.0",
  dependencies: Object.fromEntries(names.map((name) => [name, "^1.0.0"])),
};
upstream.publish(everything, npmTarball(everything));
console.log(JSON.stringify({ pypi: upstream.url, npm: upstream.registry }));
