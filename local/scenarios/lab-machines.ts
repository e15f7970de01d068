/** The servers on the machines of a demo's lab: a real sshd on one, HTTPS on those that are alive. */
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { join } from "node:path";
import { makeDir } from "../../base/fs/make-dir.js";
import { runOk } from "../../base/process/run.js";
import { endChild } from "../../base/process/spawn.js";
import { issueCertificate } from "../../certs/issue.js";
import { hostNotReady } from "../errors.js";
import { probePorts } from "../machine/place.js";
import { startSshd } from "../machine/sshd.js";
import type { LabNetwork } from "../network/lab-network.js";

/** Addresses in the lab subnet of the stack. No machine has the last one. */
export const MACHINES = { "build-1": "10.71.1.11", "build-2": "10.71.1.12", "build-3": "10.71.1.13" } as const;
const DEAD = "build-3";

export interface LabMachines {
  /** The user that logs in to build-1. */
  readonly sshUser: string;
  readonly sshHostKey: string;
  /** Paths of the certificates that the machines present. */
  readonly certificates: Readonly<Record<"build-1" | "build-2", string>>;
  stop(): Promise<void>;
}

/** @param key public key that may log in to build-1. */
export async function openLab(network: LabNetwork, dir: string, key: string): Promise<LabMachines> {
  await network.machine(DEAD).runOk("ip", ["link", "set", "eth0", "down"]);
  const place = (name: string) => join(dir, name);
  const [one, two] = [MACHINES["build-1"], MACHINES["build-2"]];
  const https = [
    await serveHttps(network, "build-1", one, place("build-1")),
    await serveHttps(network, "build-2", two, place("build-2")),
  ] as const;
  const sshd = await serveSsh(network, "build-1", one, place("build-1"), key);
  return {
    sshUser: sshd.user,
    sshHostKey: sshd.hostKey,
    certificates: { "build-1": https[0].certificate, "build-2": https[1].certificate },
    async stop() {
      await Promise.all([...https, sshd].map((each) => each.stop()));
    },
  };
}

interface Served {
  /** Path of the certificate that the machine presents. */
  readonly certificate: string;
  stop(): Promise<void>;
}

/** An HTTPS server with a certificate of its own. It replies with the client's address: `NAME saw ADDRESS`. */
async function serveHttps(lab: LabNetwork, name: string, address: string, dir: string): Promise<Served> {
  await makeDir(dir, 0o700);
  const { cert, key } = await issueCertificate({ commonName: name, names: [name] });
  const certificate = join(dir, "https.crt");
  await writeFile(certificate, cert);
  const server = createServer({ cert, key }, (request, response) => {
    response.end(`${name} saw ${request.socket.remoteAddress}`);
  });
  const socket = await lab.machine(name).listen(address, 443);
  socket.on("connection", (connection) => server.emit("connection", connection));
  return {
    certificate,
    async stop() {
      socket.close();
      server.closeAllConnections();
    },
  };
}

interface SshMachine {
  readonly user: string;
  readonly hostKey: string;
  stop(): Promise<void>;
}

/** @param key public key that may log in. */
async function serveSsh(lab: LabNetwork, name: string, address: string, dir: string, key: string): Promise<SshMachine> {
  await makeDir(dir, 0o700);
  const machine = lab.machine(name);
  const sshd = await startSshd({ dir, address, port: 22, key, enter: (command) => machine.enter(command) });
  const deadline = Date.now() + 20_000;
  for (;;) {
    const [probed] = await probePorts(machine, address, [22]);
    if (sshd !== undefined && probed?.answer === "answered") break;
    if (sshd === undefined || sshd.child.exitCode !== null || Date.now() > deadline)
      throw hostNotReady(`sshd on ${name} did not answer`, 20, `its log is "${join(dir, "sshd.log")}"`);
  }
  return { user: sshd.user, hostKey: sshd.hostKey, stop: () => endChild(sshd.child) };
}

export interface LoginKey {
  /** Path of the private key. */
  readonly file: string;
  /** In OpenSSH's format. */
  readonly publicKey: string;
}

/** A user's own SSH key. */
export async function makeLoginKey(dir: string): Promise<LoginKey> {
  await makeDir(dir, 0o700);
  const file = join(dir, "id_ed25519");
  await runOk("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "demo", "-f", file]);
  return { file, publicKey: (await readFile(`${file}.pub`, "utf8")).trim() };
}
