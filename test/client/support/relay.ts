/** A TCP relay in front of a real agent, which breaks connections when it is told to. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface Relay {
  readonly port: number;
  /** How many connections there were. */
  connections(): number;
  /** Breaks what is open now. */
  cut(): void;
}

/** @param breaks called with what the host sends; true breaks the connection before that goes on. */
export async function relayTo(port: number, breaks: (answer: string) => boolean = () => false): Promise<Relay> {
  const open = new Set<Socket>();
  let count = 0;
  const server = createServer((near) => {
    count += 1;
    const far = connect({ host: "127.0.0.1", port });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on("data", (chunk: Buffer) => {
        if (from === far && breaks(chunk.toString("latin1"))) near.destroy();
        else to.write(chunk);
      });
      from.on("error", () => undefined);
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, connections: () => count, cut };
}
