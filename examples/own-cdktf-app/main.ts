/** Everything that must be known before synth comes first; the stack itself looks nothing up. */
import { App } from "cdktf";
import { CallerOnly, loadConfig, prepareNewHosts } from "sallyport";
import { LabStack } from "./stack.js";

const loaded = await loadConfig({ cwd: process.cwd(), env: process.env });
// Keys, certificate, token, callers and runtime, made or found as sallyport.yaml says.
const parts = await prepareNewHosts(loaded, { env: process.env });

const app = new App();
new LabStack(app, "lab", parts);
// No security group that is added to this app later may open a port to the whole Internet.
CallerOnly.guard(app);
app.synth();
