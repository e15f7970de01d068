/** The public addresses of this machine, from EC2's instance metadata. */
import { isIP } from "node:net";
import { openMetadata } from "../metadata.js";

const MACS = "network/interfaces/macs/";

/**
 * @returns IPv4 first, each once; empty on a machine without a public address.
 * @throws if the metadata service does not answer: the addresses are then unknown.
 */
export async function publicAddresses(env: NodeJS.ProcessEnv): Promise<string[]> {
  const get = await openMetadata(env);
  const lists = [await get("public-ipv4")];
  for (const mac of (await get(MACS)).split("\n").filter(Boolean)) {
    lists.push(await get(`${MACS}${mac.replace(/\/$/, "")}/ipv6s`));
  }
  const addresses = lists.flatMap((list) => list.split("\n")).filter((line) => isIP(line) !== 0);
  return [...new Set(addresses)].sort((a, b) => isIP(a) - isIP(b));
}
