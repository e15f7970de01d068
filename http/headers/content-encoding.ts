/** Whether content comes compressed: no daemon decodes it, since few bytes may unpack to many. Pure. */
import type { IncomingHttpHeaders } from "node:http";

export function isEncoded(headers: IncomingHttpHeaders): boolean {
  return (headers["content-encoding"] ?? "identity").toLowerCase() !== "identity";
}
