import { Cidr } from "../../net/cidr.js";
import * as errors from "./errors.js";

/** An address or a block that a lease may let in. @throws Fault for a block that is the whole Internet. */
export function parseLeaseSource(text: string): Cidr {
  const cidr = Cidr.of(text);
  if (cidr.isEverybody) throw errors.everybody(text);
  return cidr;
}
