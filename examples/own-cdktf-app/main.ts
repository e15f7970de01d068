/** Everything that must be known before synth comes first; the stack itself looks nothing up. */
import { App } from "cdktf";
import { CallerOnly, loadConfig, prepareDeployment } from "sallyport";
import { LabStack } from "./stack.js";

const loaded = await loadConfig({ cwd: process.cwd(), env: process.env });
// Keys, certificate, token, caller and runtime, made or found as sallyport.yaml says.
const { callers, sshKey, tls, token, runtime } = await prepareDeployment(loaded, { env: process.env });
if (tls === undefined || token === undefined) throw new Error("this lab deploys with TLS and a token only");
if (runtime === undefined)
  throw new Error("this lab has new hosts: leave instance_id and host_ip out of sallyport.yaml");
if (sshKey.publicKey === undefined) throw new Error("this lab makes its key pair of a public key: see key_pair");

const app = new App();
new LabStack(app, "lab", { callers, publicKey: sshKey.publicKey, tls, token, runtime });
// Whatever group somebody adds to this app later: none of them opens a port to the whole Internet.
CallerOnly.guard(app);
app.synth();
