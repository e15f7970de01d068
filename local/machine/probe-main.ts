/** Run inside a network namespace: knocks at HOST on each of PORTS at once, TIMEOUT ms long; prints JSON. */
import { knock } from "../network/probe-port.js";

const [host = "", timeout = "3000", ...ports] = process.argv.slice(2);
const knocks = await Promise.all(ports.map((port) => knock(host, Number(port), Number(timeout))));
process.stdout.write(`${JSON.stringify(knocks)}\n`);
