/** A process of its own that makes one thing and prints it; waits for a line on stdin first, so that several start together. */
import { once } from "node:events";
import { ensureKeyPair } from "../../../certs/key-pair.js";
import { ensureCertificate } from "../../../certs/store.js";
import { ensureToken } from "../../../certs/token.js";

const [what, dir = ""] = process.argv.slice(2);
process.stdout.write("ready\n");
await once(process.stdin, "data");
process.stdin.destroy();

if (what === "certificate") {
  const { facts, created } = await ensureCertificate({ crt: `${dir}/s.crt`, key: `${dir}/s.key`, generate: true });
  console.log(JSON.stringify({ id: facts.fingerprint256, created }));
} else if (what === "token") {
  console.log(JSON.stringify({ id: "token", created: (await ensureToken(`${dir}/token`)).created }));
} else {
  const { fingerprint, created } = await ensureKeyPair({ name: "team", type: what === "rsa" ? "rsa" : "ed25519", dir });
  console.log(JSON.stringify({ id: fingerprint, created }));
}
