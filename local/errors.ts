/** The faults of the embedded cloud, each with a remedy. */
import { EXIT, Fault, quote } from "../base/fault.js";

export const emulatorMissing = () =>
  new Fault("local/emulator-missing", `there is no program "moto_server" on PATH`, {
    hint: `pip install "moto[server]==5.2.1"; in a clone, "node scripts/setup.mjs" does it`,
  });

export const emulatorSilent = (url: string, said: string) =>
  new Fault("local/emulator-silent", `the AWS emulator did not answer on ${quote(url)}`, {
    hint: said === "" ? `run "moto_server" by hand to see why` : said,
  });

export const demoRunning = (dir: string, pid: number) =>
  new Fault("local/demo-running", `another demo (process ${pid}) uses ${quote(dir)}`, {
    hint: `end it with Ctrl-C in its terminal or "kill ${pid}", then run this again`,
    exit: EXIT.conflict,
  });

export const instanceMissing = (id: string) =>
  new Fault("local/instance-missing", `the emulator knows no instance ${quote(id)}`, {
    hint: `deploy first, with AWS_ENDPOINT_URL set to the emulator`,
  });

export const hostDead = (log: string, tail: string) =>
  new Fault("local/host-dead", `the host ended while it booted; its log is ${quote(log)}`, { hint: tail });

export const hostNotReady = (what: string, seconds: number, tail: string) =>
  new Fault("local/host-not-ready", `${what} within ${seconds} s`, { hint: tail });

export const userDataFailed = (tail: string) =>
  new Fault("local/user-data-failed", `the host's boot script failed`, { hint: tail });

export const terraformMissing = () =>
  new Fault("local/terraform-missing", `there is no program "terraform" or "tofu" on PATH`, {
    hint: `install Terraform >= 1.11; in a clone, "node scripts/setup.mjs" does it`,
  });

export const deployFailed = (log: string, tail: string) =>
  new Fault("local/deploy-failed", `the deployment failed; its log is ${quote(log)}`, { hint: tail });
