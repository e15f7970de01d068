/** What RFC 9110 and 9112 want refused of a request that Node's parser let through. Pure. */
import type { IncomingMessage } from "node:http";
import { hostsIn, isHost } from "../headers/host.js";
import { judgeCoding } from "../headers/transfer-encoding.js";
import type { Problem } from "../problem.js";
import {
  expectationFailed,
  malformedHost,
  malformedRequest,
  tooManyHeaders,
  unknownCoding,
  unknownVersion,
} from "../problems.js";
import { HEADER_COUNT } from "./limits.js";

type Head = Pick<IncomingMessage, "httpVersion" | "rawHeaders" | "headers">;

/** @throws Problem */
export function checkHead(head: Head): void {
  const problem = problemOf(head);
  if (problem !== undefined) throw problem;
}

function problemOf(head: Head): Problem | undefined {
  const { httpVersion, rawHeaders, headers } = head;
  // Twice as long as names: each is followed by its value.
  if (rawHeaders.length > 2 * HEADER_COUNT) return tooManyHeaders(HEADER_COUNT);
  const isOld = httpVersion === "1.0";
  if (!isOld && httpVersion !== "1.1") return unknownVersion();
  if (!hasHost(head)) return malformedHost();
  const { expect, "transfer-encoding": coding } = headers;
  if (coding !== undefined) {
    const judged = judgeCoding(coding);
    // HTTP/1.0 has no chunks, so a proxy of that time saw other content than we do.
    if (isOld || judged === "unbounded") return malformedRequest();
    if (judged === "unknown") return unknownCoding();
  }
  if (expect !== undefined && !isOld && expect.toLowerCase() !== "100-continue") return expectationFailed();
  return undefined;
}

/** HTTP/1.0 may leave it out. A request with two hosts means one of them to us and another to a proxy in front. */
function hasHost({ rawHeaders, httpVersion }: Head): boolean {
  const [host, ...others] = hostsIn(rawHeaders);
  if (host === undefined) return httpVersion === "1.0";
  return others.length === 0 && isHost(host);
}
