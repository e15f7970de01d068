/** A child process: asks a peer for a file with a token, and prints the fault's code. Arguments: port, certificate or "public". */
import { AgentClient } from "../../../../client/agent/agent-client.js";
import { resolveTrust } from "../../../../client/tls/trust.js";

const [port, certificate = ""] = process.argv.slice(2);
const { trust } = await resolveTrust(certificate === "public" ? {} : { ssl_cert_crt: certificate });
const client = new AgentClient({ host: "localhost", port: Number(port), trust, token: "a-token-nobody-may-see" });
console.log(
  await client.host().then(
    () => "went through",
    (error: { code?: string }) => error.code,
  ),
);
