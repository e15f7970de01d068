/** The packages as a process of their own, for those who kill it: `serve.ts LAYOUT-JSON CONNECTIONS-JSON DIR PORT`. */
import { type Layout, TestMirror } from "./mirror.js";

const [layout = "{}", connections = "{}", dir = "", port = "0"] = process.argv.slice(2);
const mirror = await TestMirror.start(
  JSON.parse(layout) as Layout,
  JSON.parse(connections) as Record<string, string>,
  { headersMs: 2_000, idleMs: 2_000, downMs: 200, indexTtlMs: 200 },
  dir,
  Number(port),
);
console.log(JSON.stringify({ event: "serving", port: mirror.port }));
