import { expect, test } from "vitest";
import { orphansOf, type Process } from "./leftovers.js";

const here = { root: "/src/kit", run: "/src/kit/.compiled-1", temporary: "/tmp", network: "net:[1]" };
const process = (pid: number, more: Partial<Process> = {}): Process => ({
  pid,
  parent: 1,
  started: "1",
  isZombie: false,
  command: "program",
  directory: "/",
  network: "net:[1]",
  run: undefined,
  ...more,
});
// Not even root may look at some containers' first process.
const init = process(1, { parent: 0, network: "" });
const vitest = process(10, { parent: 5, command: "node /src/kit/node_modules/.bin/vitest" });

test.each<[string, readonly Process[], readonly number[]]>([
  ["a program of this checkout", [process(20, { command: "node /src/kit/dist/cli/main.js" })], [20]],
  ["a working directory in it", [process(20, { directory: "/src/kit/test" })], [20]],
  ["one with this run's mark", [process(20, { run: "/src/kit/.compiled-1" })], [20]],
  ["one in a temporary directory of ours", [process(20, { directory: "/tmp/sallyport-x/y" })], [20]],
  ["another run's there", [process(20, { directory: "/tmp/sallyport-x", run: "/src/other/.compiled-2" })], []],
  ["somebody else's", [process(20), process(21, { directory: "/tmp/x" }), process(22, { command: "/src/kitten" })], []],
  ["one that its parent has not left", [process(20, { parent: 10, run: "/src/kit/.compiled-1" })], []],
  ["one that has ended", [process(20, { isZombie: true, directory: "/src/kit" })], []],
  [
    "a session of an sshd in a namespace that nobody holds, as npm start -- gateway left one",
    [process(20, { command: "sshd: root@notty", network: "net:[2]" }), process(21, { parent: 20, network: "net:[2]" })],
    [20],
  ],
  [
    "a session in a namespace of a demo that goes on",
    [process(20, { command: "sshd: root@notty", network: "net:[2]" }), process(21, { parent: 10, network: "net:[2]" })],
    [],
  ],
])("G-16: what is left: %s", (_title, others, expected) => {
  expect(orphansOf([init, vitest, ...others], here).map(({ pid }) => pid)).toEqual(expected);
});
