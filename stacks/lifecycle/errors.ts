import { EXIT, type ExitCode, Fault, quote } from "../../base/fault.js";

const fault = (code: string, message: string, hint: string, exit: ExitCode): Fault =>
  new Fault(`lifecycle/${code}`, message, { hint, exit });

export const badStopMode = (value: string): Fault =>
  fault(
    "bad-stop-mode",
    `invalid value ${quote(value)}, possible values are term, stop, keep`,
    "or 0, 1 and 2, which mean the same",
    EXIT.usage,
  );

export const badPrice = (value: string): Fault =>
  fault("bad-price", `price ${quote(value)} is not TYPE=USD`, 'write for example "g6.xlarge=0.8048"', EXIT.usage);

export const onlyAddress = (name: string): Fault =>
  fault(
    "only-address",
    `${quote(name)} is known by its address alone, so it is never started or stopped`,
    "name it by instance_id in place of host_ip, if it is an EC2 instance of this account",
    EXIT.usage,
  );

export const notOurs = (name: string, instance: string): Fault =>
  fault(
    "not-ours",
    `${quote(name)} was there before, and is not terminated from here`,
    `use --mode stop, or: aws ec2 terminate-instances --instance-ids ${instance}`,
    EXIT.usage,
  );

export const inFleet = (): Fault =>
  fault(
    "in-fleet",
    "the machines of a fleet are not stopped or started one by one: its group would replace them",
    "set fleet: { desired: 0 } in sallyport.yaml, then run sallyport up",
    EXIT.usage,
  );

export const spotStays = (name: string): Fault =>
  fault(
    "spot-not-stopped",
    `${quote(name)} is a spot instance of a one-time request: it can be terminated, but not stopped`,
    "use --mode term, or set spot: false and run sallyport up",
    EXIT.conflict,
  );

export const gone = (name: string, state: string): Fault =>
  fault(
    "gone",
    `${quote(name)} is ${state}`,
    'a machine that is gone cannot be started; "sallyport up" makes a new one',
    EXIT.notFound,
  );

export const waitedLong = (name: string, wanted: string, state: string, seconds: number): Fault =>
  fault(
    "waited-long",
    `${quote(name)} is still ${state} after ${seconds} s, and not ${wanted}`,
    '"sallyport status" tells when it is; nothing has to be asked for again',
    EXIT.failure,
  );

export const notInState = (name: string, instance: string): Fault =>
  fault(
    "not-in-state",
    `Terraform's state has no instance ${instance} for ${quote(name)}`,
    'it is gone already; "sallyport up" makes a new one',
    EXIT.notFound,
  );
