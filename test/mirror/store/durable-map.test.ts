import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DurableMap } from "../../../mirror/store/durable-map.js";
import { newDir } from "../../support/new-dir.js";

async function filled(entries: number): Promise<string> {
  const file = join(newDir(), "map");
  const map = await DurableMap.open<number>(file);
  for (let n = 0; n < entries; n++) {
    await map.change(() => ({ changes: [{ key: `k${n}`, value: n }], result: undefined }));
  }
  await map.close();
  return file;
}

async function keysOf(file: string): Promise<string[]> {
  const map = await DurableMap.open<number>(file);
  await map.close();
  return [...map.records.keys()];
}

test("a file cut at any byte has the decisions whose lines are whole, and takes new ones", async () => {
  const file = await filled(3);
  const whole = readFileSync(file);
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(file, whole.subarray(0, length));
    const lines = whole.subarray(0, length).toString().split("\n").length - 1;
    const map = await DurableMap.open<number>(file);
    expect(map.records.size).toBe(lines);
    await map.change(() => ({ changes: [{ key: "new", value: 1 }], result: undefined }));
    await map.close();
    expect(await keysOf(file)).toContain("new");
  }
});

test("zeros behind the end, which a lost machine leaves, are dropped", async () => {
  const file = await filled(2);
  appendFileSync(file, Buffer.alloc(4096));
  expect(await keysOf(file)).toEqual(["k0", "k1"]);
});

test("damage before the end is refused and left as it is", async () => {
  const file = await filled(3);
  const broken = readFileSync(file, "utf8").replace("k1", "kX");
  writeFileSync(file, broken);
  await expect(DurableMap.open(file)).rejects.toMatchObject({ code: "mirror/broken-state" });
  expect(readFileSync(file, "utf8")).toBe(broken);
});

test("a decision that throws changes nothing; those behind it are made on what is there", async () => {
  const map = await DurableMap.open<number>(join(newDir(), "map"));
  const add = () =>
    map.change(() => ({ changes: [{ key: "n", value: (map.records.get("n") ?? 0) + 1 }], result: undefined }));
  const refused = map.change(() => {
    throw new Error("no");
  });
  await Promise.all([expect(refused).rejects.toThrow("no"), ...Array.from({ length: 20 }, add)]);
  expect(map.records.get("n")).toBe(20);
  await map.close();
});

test("a long file is written anew, with the same content", async () => {
  const file = join(newDir(), "map");
  const map = await DurableMap.open<number>(file);
  for (let n = 0; n < 1_050; n++) {
    await map.change(() => ({ changes: [{ key: "same", value: n }], result: undefined }));
  }
  await map.close();
  expect(readFileSync(file, "utf8").split("\n").length).toBeLessThan(100);
  const again = await DurableMap.open<number>(file);
  expect([...again.records]).toEqual([["same", 1_049]]);
  await again.close();
});
