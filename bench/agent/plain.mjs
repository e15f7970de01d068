// What one writes first with Node's https: streams in, streams out, and an fsync so that an upload is durable.
// No guard, no token, no log, no limits.   node plain.mjs PORT CERT KEY DIRECTORY
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
} from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { argv } from "node:process";

const [port, cert, key, root] = argv.slice(2);
const tls = {
  cert: readFileSync(cert),
  key: readFileSync(key),
  minVersion: "TLSv1.3",
  ciphers: "TLS_AES_256_GCM_SHA384",
};

createServer(tls, (req, res) => {
  const file = join(root, req.url);
  if (req.method === "PUT") {
    const out = createWriteStream(`${file}.part`);
    req.pipe(out);
    out.on("finish", () => {
      const fd = openSync(`${file}.part`, "r");
      fsyncSync(fd);
      closeSync(fd);
      renameSync(`${file}.part`, file);
      const dir = openSync(root, "r");
      fsyncSync(dir);
      closeSync(dir);
      res.writeHead(201, { "Content-Length": 0 }).end();
    });
    return;
  }
  const { size } = statSync(file);
  res.writeHead(200, { "Content-Type": "application/octet-stream", "Content-Length": size });
  createReadStream(file).pipe(res);
}).listen(Number(port), "127.0.0.1");
