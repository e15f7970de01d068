/** Servers of lab machines, and clients that say what became of them. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { endChild, withParentDeath } from "../../../base/process/spawn.js";
import type { NetNamespace } from "../../../local/network/net-namespace.js";

/** Sends "hello" with the client's address, then echoes, until the client closes. */
const ECHO = `
import socket, threading, sys
family = socket.AF_INET6 if sys.argv[1] == "6" else socket.AF_INET
server = socket.socket(family, socket.SOCK_STREAM); server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("::" if sys.argv[1] == "6" else "0.0.0.0", int(sys.argv[2]))); server.listen(64)
def serve(c, peer):
    try:
        c.sendall(("hello " + peer[0] + "\\n").encode())
        while True:
            data = c.recv(4096)
            if not data: break
            c.sendall(data)
    except OSError: pass
    c.close()
while True:
    c, peer = server.accept(); threading.Thread(target=serve, args=(c, peer), daemon=True).start()
`;
const UDP_ECHO = `
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); server.bind(("0.0.0.0", 7))
while True:
    data, peer = server.recvfrom(4096); server.sendto(b"udp " + data, peer)
`;
const PROBE = `
import socket, sys
try:
    c = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=float(sys.argv[3]))
    c.settimeout(float(sys.argv[3])); print(c.recv(100).decode().strip())
except Exception as e: print(type(e).__name__)
`;
const UDP_PROBE = `
import socket, sys
c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); c.settimeout(float(sys.argv[3]))
try:
    c.sendto(b"probe", (sys.argv[1], int(sys.argv[2]))); print(c.recv(100).decode())
except Exception as e: print(type(e).__name__)
`;
/** Sends each line of its input, and prints what comes back. */
const HOLD = `
import socket, sys
c = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=60); c.settimeout(60); c.recv(100); print("open", flush=True)
for line in sys.stdin:
    try: c.sendall(line.encode()); print(c.recv(100).decode().strip() or "closed", flush=True)
    except Exception as e: print(type(e).__name__, flush=True)
`;

const PATIENCE_SECONDS = 60;

export interface Held {
  /** @returns the echo, "closed", or the name of Python's error. */
  say(line: string): Promise<string>;
  close(): Promise<void>;
}

/** Keeps a connection to an echo, silent until `say` is called. */
export async function hold(from: NetNamespace, address: string, port: number): Promise<Held> {
  const command = withParentDeath(from.enter(["python3", "-c", HOLD, address, String(port)]));
  const child = spawn(command[0] ?? "", command.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => String((await lines.next()).value);
  if ((await next()) !== "open") throw new Error("there is no connection");
  return {
    async say(line) {
      child.stdin.write(`${line}\n`);
      return next();
    },
    close: () => endChild(child),
  };
}

/** Starts a TCP echo that first sends the client's address. It listens when this resolves, and ends with the namespace. */
export async function serveEcho(on: NetNamespace, port: number, family: "4" | "6" = "4"): Promise<void> {
  background(on, [ECHO, family, String(port)]);
  await listening(on, "-Hltn", port);
}

/** UDP, on port 7. */
export async function serveUdpEcho(on: NetNamespace): Promise<void> {
  background(on, [UDP_ECHO]);
  await listening(on, "-Hlun", 7);
}

/** Connects and waits. @returns the greeting, or the name of Python's error: "TimeoutError" if nothing answers. */
export async function probePort(from: NetNamespace, address: string, port: number, seconds = 1): Promise<string> {
  return (await from.run("python3", ["-c", PROBE, address, String(port), String(seconds)])).stdout;
}

/** As {@link probePort}, for a port that must answer, however long a busy machine takes. */
export const greetingFrom = (from: NetNamespace, address: string, port: number) =>
  probePort(from, address, port, PATIENCE_SECONDS);

/** @returns the answer to a datagram, or the name of Python's error. */
export async function udpReply(from: NetNamespace, address: string, port: number): Promise<string> {
  return (await from.run("python3", ["-c", UDP_PROBE, address, String(port), String(PATIENCE_SECONDS)])).stdout;
}

function background(on: NetNamespace, script: readonly string[]): void {
  void on.run("python3", ["-c", ...script], { timeoutMs: 600_000 }).catch(() => undefined);
}

async function listening(on: NetNamespace, how: string, port: number): Promise<void> {
  while ((await on.run("ss", [how, `sport = :${port}`])).stdout === "") await delay(50);
}
