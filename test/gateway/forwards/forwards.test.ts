/** Database first, then the kernel: they agree in the end, whatever the order of their answers. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { Forwards } from "../../../gateway/forwards/forwards.js";
import { openPgliteStore } from "../../../gateway/store/pglite.js";
import type { Store } from "../../../gateway/store/store.js";
import { aRequest } from "../support/a-forward.js";
import { FakeKernel } from "../support/fake-kernel.js";

const PATIENT = { timeout: 300_000 };

const range = { min: 50_000, max: 50_009 };
const asked = aRequest();

let dir = "";
let store: Store;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sallyport-forwards-"));
  store = await openPgliteStore(join(dir, "db"));
});
afterAll(async () => {
  await store.close();
  await rm(dir, { recursive: true, force: true });
});

let opened: Forwards | undefined;
afterEach(async () => {
  await opened?.close();
  for (const { connPort } of await store.list()) await store.remove(connPort);
});

/** @param changed methods of the store that this test replaces. */
async function open(changed: Partial<Store> = {}) {
  const kernel = new FakeKernel();
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => void failures.push(error);
  const forwards = await Forwards.open({ store: withOwn(changed), kernel, range, onFailure });
  opened = forwards;
  return { forwards, kernel, failures };
}

/** The real store's methods are bound to it: they use private fields. */
function withOwn(changed: Partial<Store>): Store {
  return new Proxy(store, {
    get: (real, name) => {
      if (name in changed) return Reflect.get(changed, name);
      const value = Reflect.get(real, name);
      return typeof value === "function" ? value.bind(real) : value;
    },
  });
}

const held = (kernel: FakeKernel) => [...kernel.forwards.values()].map(({ connPort }) => connPort);

test("a forward that is removed before its maker hears of it does not stay in the kernel", async () => {
  let release = () => {};
  const answered = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { forwards, kernel } = await open({
    create: async (...args) => {
      const result = await store.create(...args);
      await answered;
      return result;
    },
  });
  const created = forwards.create(asked);
  await vi.waitUntil(async () => (await store.list()).length === 1, PATIENT);
  await forwards.remove(50_000);
  release();
  expect(await created).toMatchObject({ created: true, forward: { connPort: 50_000 } });
  expect(held(kernel)).toEqual([]);
});

test("V-12: asked for again by its key while it is being made, it is there when the second answer says so", async () => {
  const { forwards, kernel } = await open();
  let release = () => {};
  kernel.before = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = forwards.create({ ...asked, key: "k" });
  const second = forwards.create({ ...asked, key: "k" }).then((result) => ({ ...result, held: held(kernel) }));
  await vi.waitUntil(async () => (await store.list()).length === 1, PATIENT);
  release();
  expect(await first).toMatchObject({ created: true });
  expect(await second).toMatchObject({ created: false, held: [50_000] });
});

test("what the kernel refuses is taken back, also for whoever asked by the same key meanwhile", async () => {
  const { forwards, kernel } = await open();
  kernel.refuses = true;
  const both = [1, 2].map(() => forwards.create({ ...asked, key: "k" }));
  for (const each of both) await expect(each).rejects.toMatchObject({ status: 503, code: "kernel-refused" });
  expect(await store.list()).toEqual([]);
  kernel.refuses = false;
  expect(await forwards.create({ ...asked, key: "k" })).toMatchObject({ created: true, forward: { connPort: 50_000 } });
});

test("a database that fails after it wrote: the kernel is made what it says", async () => {
  let fails = true;
  const { forwards, kernel } = await open({
    create: async (...args) => {
      const result = await store.create(...args);
      if (fails) throw new Error("Connection terminated unexpectedly");
      return result;
    },
  });
  await expect(forwards.create(asked)).rejects.toThrow("Connection terminated");
  fails = false;
  expect(held(kernel)).toEqual([]);
  await vi.waitUntil(() => kernel.forwards.size === 1, PATIENT);
});

test.each([0, -1, 1.5, 65_536, 2_147_483_648, Number.NaN])(
  "G-10: %d is no port, and is refused before the store",
  async (number) => {
    const { forwards } = await open({ remove: () => Promise.reject(new Error("the store was asked")) });
    await expect(forwards.remove(number)).rejects.toMatchObject({ status: 404, code: "no-such-forward" });
  },
);
