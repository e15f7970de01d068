import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { longPoll } from "../../../agent/apyfal/long-poll.js";
import { Exchange } from "../../../http/server/exchange.js";

/** The answer as the client sees it grow; `seen` is called with all of it so far. */
async function ask(produce: () => Promise<unknown>, seen: (text: string) => void) {
  const server = createServer((req, res) => {
    const exchange = new Exchange(req, res, () => undefined);
    longPoll(exchange, produce, 5).catch(() => res.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      get({ port, host: "127.0.0.1" }, (res) => {
        let text = "";
        res.on("data", (chunk: Buffer) => {
          text += chunk.toString();
          seen(text);
        });
        res.once("error", reject);
        res.once("end", () => resolve({ status: res.statusCode, text }));
      }).once("error", reject);
    });
  } finally {
    server.close();
  }
}

test("A-71: blanks go out until the document is there, and do not hurt it", async () => {
  let ready: (value: unknown) => void = () => undefined;
  const document = new Promise((resolve) => {
    ready = resolve;
  });
  const { status, text } = await ask(
    () => document,
    (so) => {
      if (so.length === 3) ready({ id: 1 });
    },
  );
  expect([status, JSON.parse(text)]).toEqual([200, { id: 1 }]);
  expect(text).toMatch(/^ {3,}\{"id":1\}$/);
});

test("A-71: what fails after the first blank breaks the connection: half a document is none", async () => {
  let fail: (error: Error) => void = () => undefined;
  const document = new Promise((_resolve, reject) => {
    fail = reject;
  });
  await expect(
    ask(
      () => document,
      () => fail(new Error("no")),
    ),
  ).rejects.toThrow("aborted");
});
