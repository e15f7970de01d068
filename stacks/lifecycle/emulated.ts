/** Whether AWS is an emulator on this machine. */
import { isLoopback } from "../../net/address.js";

/**
 * An emulator records instances and boots none, and the public addresses it makes up belong to strangers:
 * nobody is to be asked there, and no token shown.
 */
export function isEmulated(env: NodeJS.ProcessEnv): boolean {
  const url = env.AWS_ENDPOINT_URL;
  if (url === undefined || !URL.canParse(url)) return false;
  return isLoopback(new URL(url).hostname);
}
