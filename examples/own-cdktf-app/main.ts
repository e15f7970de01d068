/** Prepares everything that must be known before synth. The stack itself looks nothing up. */
import { App } from "cdktf";
import { CallerOnly, loadConfig, prepareNewHosts } from "sallyport";
import { LabStack } from "./stack.js";

const loaded = await loadConfig({ cwd: process.cwd(), env: process.env });
// Keys, certificate, token, callers and runtime, created or found according to sallyport.yaml.
const parts = await prepareNewHosts(loaded, { env: process.env });

const app = new App();
new LabStack(app, "lab", parts);
// Synthesis fails if any security group of this app opens a port to the whole Internet.
CallerOnly.guard(app);
app.synth();
