/** Whether AWS is an emulator on this machine. */
import { BlockList, isIP } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/**
 * An emulator records instances and boots none, and the public addresses it makes up belong to strangers:
 * nobody is to be asked there, and no token shown.
 */
export function isEmulated(env: NodeJS.ProcessEnv): boolean {
  const url = env.AWS_ENDPOINT_URL;
  if (url === undefined || !URL.canParse(url)) return false;
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  const family = isIP(host);
  return host === "localhost" || (family !== 0 && loopback.check(host, family === 4 ? "ipv4" : "ipv6"));
}
