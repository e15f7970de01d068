// What Node's https reaches when the program behind it does nothing: 1 KiB from memory, whatever is asked.
// No file, no guard, no token, no log.   node constant.mjs PORT CERT KEY
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { argv } from "node:process";

const [port, cert, key] = argv.slice(2);
const tls = {
  cert: readFileSync(cert),
  key: readFileSync(key),
  minVersion: "TLSv1.3",
  ciphers: "TLS_AES_256_GCM_SHA384",
};
const content = "s".repeat(1024);
const headers = { "Content-Type": "application/octet-stream", "Content-Length": content.length };

createServer(tls, (_req, res) => {
  res.writeHead(200, headers).end(content, "latin1");
}).listen(Number(port), "127.0.0.1");
