/** Run inside a network namespace: what comes in at the socket file PATH goes to 127.0.0.1:PORT, and back. */
import { connect, createServer } from "node:net";
import { pipeline } from "node:stream";

const [path, port] = process.argv.slice(2);
createServer((outer) => {
  const inner = connect({ host: "127.0.0.1", port: Number(port) });
  // Each direction ends both: a daemon that is killed is a connection that breaks.
  pipeline(outer, inner, () => inner.destroy());
  pipeline(inner, outer, () => outer.destroy());
}).listen(path, () => console.log("listening"));
