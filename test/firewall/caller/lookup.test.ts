import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { Fault } from "../../../base/fault.js";
import { resolveCaller } from "../../../firewall/caller/lookup.js";

const ADDRESS = "54.214.133.41";
const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** An address service on loopback. */
async function service(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
const says = (text: string) => service((_, response) => response.end(text));
const lookup = (...urls: string[]) => resolveCaller("auto", { SALLYPORT_CALLER_SERVICES: urls.join(",") });
const fault = async (work: Promise<unknown>): Promise<string[]> => {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof Fault)) throw new Error("no fault", { cause: error });
  return [`exit ${error.exit}`, error.message.replaceAll(/127\.0\.0\.1:\d+/g, "SERVICE"), error.hint ?? ""];
};

describe("asking address services", () => {
  test("two that agree outvote one that lies", async () => {
    const found = await lookup(await says(ADDRESS), await says("8.8.4.4"), await says(`${ADDRESS}\n`));
    expect(found.callers.map(String)).toEqual([`${ADDRESS}/32`]);
    expect(found.from).toBe("lookup");
    expect(found.objections).toHaveLength(1);
  });

  test("a redirect, an error page and an endless body are no answers", async () => {
    const target = await says(ADDRESS);
    const redirect = await service((_, response) => response.writeHead(302, { location: target }).end());
    const error = await service((_, response) => response.writeHead(503).end(ADDRESS));
    const endless = await service((_, response) => {
      const more = () => response.write("1".repeat(1024), more);
      more();
    });
    expect(await fault(lookup(target, redirect, error, endless))).toMatchInlineSnapshot(`
      [
        "exit 1",
        "cannot find this machine's public address: SERVICE: status 302; SERVICE: status 503; SERVICE: answered "111111111111111111111111111111111111111111...", which is not an address; SERVICE: 54.214.133.41, with which no majority agrees",
        "write caller: "203.0.113.7/32" in sallyport.yaml, or set SALLYPORT_CALLER, with your public address",
      ]
    `);
  });

  test("a service that is silent is given up after 3 seconds", async () => {
    const silent = await service(() => undefined);
    const started = performance.now();
    const found = await lookup(silent, await says(ADDRESS), await says(ADDRESS));
    expect(performance.now() - started).toBeLessThan(6_000);
    expect(found.objections[0]).toContain("no answer within 3 s");
  });

  test("without a network there is one clear line, and exit status 1", async () => {
    // Ports that were free a moment ago: connections to them are refused.
    const dead = await Promise.all([says(""), says(""), says("")]);
    for (const stop of stops.splice(0)) stop();
    expect(await fault(lookup(...dead))).toMatchInlineSnapshot(`
      [
        "exit 1",
        "cannot find this machine's public address: connection refused (3 services asked)",
        "write caller: "203.0.113.7/32" in sallyport.yaml, or set SALLYPORT_CALLER, with your public address",
      ]
    `);
  });

  test.each(["http://example.com/", "ftp://127.0.0.1/", "not a url"])("%s is not asked", async (url) => {
    expect((await fault(lookup(url)))[1]).toContain("which is not an https URL");
  });

  test("ends with the signal", async () => {
    const silent = await service(() => undefined);
    const env = { SALLYPORT_CALLER_SERVICES: silent };
    await expect(resolveCaller("auto", env, { signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow("stop");
  });
});

describe("who names the caller", () => {
  const env = { SALLYPORT_CALLER: "203.0.113.8, 2001:db8::8" };

  test("the program, before the environment, before the configuration", async () => {
    const texts = async (work: ReturnType<typeof resolveCaller>) => (await work).callers.map(String);
    expect(await texts(resolveCaller(["203.0.113.9"], env, { caller: ["203.0.113.7"] }))).toEqual(["203.0.113.7/32"]);
    expect(await texts(resolveCaller(["203.0.113.9"], env))).toEqual(["203.0.113.8/32", "2001:db8::8/128"]);
    expect(await texts(resolveCaller(["10.0.0.0/8", "203.0.113.9"], {}))).toEqual(["10.0.0.0/8", "203.0.113.9/32"]);
  });

  test("nobody and everybody are refused", async () => {
    expect(await fault(resolveCaller(["0.0.0.0/0"], {}))).toMatchInlineSnapshot(`
      [
        "exit 2",
        "caller "0.0.0.0/0" is everybody",
        "name the addresses that may reach the hosts, such as "203.0.113.7/32"",
      ]
    `);
    expect((await fault(resolveCaller(["::/0"], {})))[1]).toContain("is everybody");
    expect((await fault(resolveCaller([], {})))[1]).toBe("caller: names no address");
    expect((await fault(resolveCaller("auto", { SALLYPORT_CALLER: "," })))[1]).toBe(
      "SALLYPORT_CALLER names no address",
    );
  });
});
