/** Run inside a network namespace: what comes in at the socket file PATH goes to 127.0.0.1:PORT, and back. */
import { connect, createServer } from "node:net";

const [path, port] = process.argv.slice(2);
createServer((outer) => {
  const inner = connect({ host: "127.0.0.1", port: Number(port) });
  // A daemon that is killed is a connection that breaks, whatever is still in progress on it.
  for (const [one, other] of [
    [outer, inner],
    [inner, outer],
  ] as const) {
    one.pipe(other);
    one.on("error", () => undefined);
    one.once("close", () => other.destroy());
  }
}).listen(path, () => console.log("listening"));
