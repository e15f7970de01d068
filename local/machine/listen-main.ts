/** Runs inside a network namespace: listens there on ADDRESS PORT and passes the socket to its parent. */
import { createServer } from "node:net";

const [address, port] = process.argv.slice(2);
const server = createServer();
server.on("error", (error) => {
  console.error(String(error.message));
  process.exit(1);
});
server.listen({ host: address, port: Number(port) }, () => {
  process.send?.("listening", server, {}, () => process.exit(0));
});
