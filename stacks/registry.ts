/** All stacks, in the order in which `cdktf list` names them. */
import { nearest } from "../base/text/nearest.js";
import { acceleratorHosts } from "./accelerator-hosts/descriptor.js";
import type { AnyStack } from "./descriptor.js";
import { unknownStack } from "./errors.js";
import { firewallSync } from "./firewall-sync/descriptor.js";
import { labGateway } from "./lab-gateway/descriptor.js";
import { STACK_NAME, STACK_NAMES } from "./names.js";
import { privateMirror } from "./private-mirror/descriptor.js";

export const STACKS: readonly AnyStack[] = [acceleratorHosts, firewallSync, labGateway, privateMirror];

/** @throws Fault if no stack has this name. */
export function stackNamed(name: string = STACK_NAME): AnyStack {
  const found = STACKS.find((stack) => stack.name === name);
  if (found === undefined) throw unknownStack(name, nearest(name, STACK_NAMES), STACK_NAMES);
  return found;
}
