/** Runs inside a network namespace: probes all PORTS of HOST at once, each for TIMEOUT ms, and prints JSON. */
import { probePort } from "../network/probe-port.js";

const [host = "", timeout = "3000", ...ports] = process.argv.slice(2);
const results = await Promise.all(ports.map((port) => probePort(host, Number(port), Number(timeout))));
process.stdout.write(`${JSON.stringify(results)}\n`);
