/** The log's way into a real NATS server with JetStream. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect as dial } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { natsReceiver } from "../../../../gateway/logs/receivers/nats-receiver.js";
import { freePort } from "../../../../local/network/free-port.js";
import { certificate } from "../receivers.js";

const SUBJECT = "firewall.new";
const batch = (name: string, records: number) => ({
  id: `${name}+${records}`,
  records,
  payload: Buffer.from(Array.from({ length: records }, (_, n) => `{"id":"${name}-${n}"}\n`).join("")),
});
const never = new AbortController().signal;

let dir: string;
let port: number;
let ca: string;
let server: ReturnType<typeof spawn>;
let admin: NatsConnection;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sallyport-nats-"));
  const pair = await certificate();
  ca = pair.cert;
  await writeFile(join(dir, "cert.pem"), pair.cert);
  await writeFile(join(dir, "key.pem"), pair.key, { mode: 0o600 });
  port = await freePort();
  await startServer();
});

afterAll(async () => {
  await admin?.close();
  await stopServer("SIGTERM");
  await rm(dir, { recursive: true });
});

async function startServer(): Promise<void> {
  await writeFile(
    join(dir, "nats.conf"),
    `listen: "127.0.0.1:${port}"
jetstream { store_dir: "${dir}/store" }
tls { cert_file: "${dir}/cert.pem", key_file: "${dir}/key.pem" }
authorization { user: ann, password: "s@crt" }
`,
  );
  server = spawn("nats-server", ["--config", join(dir, "nats.conf")], { stdio: "ignore" });
  while (!(await isListening())) await new Promise((resolve) => setTimeout(resolve, 20));
  admin = await connect({
    servers: `127.0.0.1:${port}`,
    user: "ann",
    pass: "s@crt",
    tls: { ca, host: "127.0.0.1" } as object,
  });
}

async function stopServer(signal: NodeJS.Signals): Promise<void> {
  const gone = once(server, "exit");
  server.kill(signal);
  await gone;
}

function isListening(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

const open = (more = {}) =>
  natsReceiver({ host: "127.0.0.1", port, subject: SUBJECT, tls: true, ca, user: "ann", password: "s@crt", ...more });

async function stored(): Promise<{ id: string; text: string }[]> {
  const manager = await jetstreamManager(admin);
  const { messages } = (await manager.streams.info("LOG")).state;
  await manager.consumers.add("LOG", { durable_name: "reader", ack_policy: AckPolicy.None }).catch(() => undefined);
  const consumer = await jetstream(admin).consumers.get("LOG", "reader");
  const found: { id: string; text: string }[] = [];
  if (messages > 0) {
    for await (const message of await consumer.fetch({ max_messages: messages, expires: 5_000 })) {
      found.push({ id: message.headers?.get("Nats-Msg-Id") ?? "", text: message.string() });
    }
  }
  await manager.consumers.delete("LOG", "reader");
  return found;
}

test("V-33 what no stream stores is not delivered, and the reason says so", async () => {
  const receiver = open();
  await expect(receiver.deliver([batch("a", 1)], never)).rejects.toThrow(`no stream stores "${SUBJECT}"`);
  await receiver.close();
});

test("V-33 a stream has every batch once, however often it was sent; also over a kill of the server", async () => {
  await (await jetstreamManager(admin)).streams.add({ name: "LOG", subjects: ["firewall.>"] });
  const receiver = open();
  await receiver.deliver([batch("a", 2), batch("b", 5000)], never);
  await receiver.deliver([batch("a", 2)], never);
  expect(await stored()).toEqual([
    { id: "a+2", text: batch("a", 2).payload.toString() },
    { id: "b+5000", text: batch("b", 5000).payload.toString() },
  ]);

  await admin.close();
  await stopServer("SIGKILL");
  await expect(receiver.deliver([batch("c", 1)], never)).rejects.toThrow();
  await startServer();
  await receiver.deliver([batch("b", 5000), batch("c", 1)], never);
  expect((await stored()).map(({ id }) => id)).toEqual(["a+2", "b+5000", "c+1"]);
  await receiver.close();
});

test("V-33 a server that nobody vouches for, with another name or that knows us not, gets nothing", async () => {
  const before = await stored();
  const { ca: _, ...untrusted } = { ca, host: "127.0.0.1", port, subject: SUBJECT, tls: true, user: "ann" };
  await expect(natsReceiver(untrusted).deliver([batch("d", 1)], never)).rejects.toThrow(/self.signed certificate/);
  await expect(open({ host: "localhost" }).deliver([batch("d", 1)], never)).rejects.toThrow(/does not match/);
  await expect(open({ password: "guess" }).deliver([batch("d", 1)], never)).rejects.toThrow(/authorization/i);
  expect(await stored()).toEqual(before);
});

test("V-33 whoever stops waits for no server", async () => {
  const stop = new AbortController();
  const silent = open({ port: await freePort() });
  stop.abort();
  await expect(silent.deliver([batch("e", 1)], stop.signal)).rejects.toThrow();
  await silent.close();
});
