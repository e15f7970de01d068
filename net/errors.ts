import { EXIT, Fault, quote } from "../base/fault.js";

export const notAnAddress = (text: string): Fault =>
  new Fault("firewall/not-an-address", `${quote(text)} is not an IP address`, {
    hint: 'write an address such as "203.0.113.7" or "2001:db8::7"',
    exit: EXIT.usage,
  });

export const noMask = (text: string, canonical: string): Fault =>
  new Fault("firewall/no-mask", `${quote(text)} has no mask`, {
    hint: `write ${quote(canonical)}`,
    exit: EXIT.usage,
  });

export const badMask = (text: string, most: number): Fault =>
  new Fault("firewall/bad-mask", `the mask of ${quote(text)} is not a number from 0 to ${most}`, { exit: EXIT.usage });

export const hostBits = (text: string, network: string, host: string): Fault =>
  new Fault("firewall/host-bits", `${quote(text)} has bits set outside its mask`, {
    hint: `write ${quote(network)} for the network, or ${quote(host)} for the one address`,
    exit: EXIT.usage,
  });
