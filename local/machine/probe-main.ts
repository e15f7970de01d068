/** Run inside a network namespace: probes each of PORTS of HOST at once, for TIMEOUT ms; prints JSON. */
import { probePort } from "../network/probe-port.js";

const [host = "", timeout = "3000", ...ports] = process.argv.slice(2);
const results = await Promise.all(ports.map((port) => probePort(host, Number(port), Number(timeout))));
process.stdout.write(`${JSON.stringify(results)}\n`);
