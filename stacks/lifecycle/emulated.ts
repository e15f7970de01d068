/** Whether AWS is an emulator on this machine. */
import { isLoopback } from "../../net/address.js";

/**
 * An emulator records instances without booting them, and its made-up public addresses belong to strangers. So the kit
 * must not connect to them, let alone send a token.
 */
export function isEmulated(env: NodeJS.ProcessEnv): boolean {
  const url = env.AWS_ENDPOINT_URL;
  if (url === undefined || !URL.canParse(url)) return false;
  return isLoopback(new URL(url).hostname);
}
