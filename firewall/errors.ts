import { EXIT, Fault, quote } from "../base/fault.js";

const HOW_TO_SAY =
  'write caller: "203.0.113.7/32" in sallyport.yaml, or set SALLYPORT_CALLER, with your public address';

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

export const everybody = (text: string): Fault =>
  new Fault("firewall/everybody", `caller ${quote(text)} is everybody`, {
    hint: 'name the addresses that may reach the hosts, such as "203.0.113.7/32"',
    exit: EXIT.usage,
  });

export const noCaller = (from: string): Fault =>
  new Fault("firewall/no-caller", `${from} names no address`, { hint: HOW_TO_SAY, exit: EXIT.usage });

export const callerUnknown = (reason: string): Fault =>
  new Fault("firewall/caller-unknown", `cannot find this machine's public address: ${reason}`, { hint: HOW_TO_SAY });

export const badService = (text: string): Fault =>
  new Fault("firewall/bad-service", `SALLYPORT_CALLER_SERVICES has ${quote(text)}, which is not an https URL`, {
    hint: "plain http is accepted for 127.0.0.1, [::1] and localhost only",
    exit: EXIT.usage,
  });
