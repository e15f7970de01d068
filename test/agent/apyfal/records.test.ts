import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Records } from "../../../agent/apyfal/records.js";

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "sallyport-records-"));
  file = join(dir, "apyfal.json");
});
afterEach(() => rmSync(dir, { recursive: true }));

const configuration = { accelerator: "a", job: "j", created: 1 };

test("an id is on the disk when it is given, and never given again", async () => {
  const records = Records.open(file);
  const made = await Promise.all(Array.from({ length: 20 }, () => records.addProcess({ job: "j", configuration: 1 })));
  expect(made.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  for (const { id } of made) records.removeProcess(id);
  const again = Records.open(file);
  expect((await again.addProcess({ job: "k", configuration: 1 })).id).toBe(21);
  expect(readdirSync(dir)).toEqual(["apyfal.json"]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("100 configurations are remembered, and those in use whatever comes after them", async () => {
  const records = Records.open(file);
  const end = { at: 1, inerror: false, errorcode: "", status: 0, msg: "" };
  (await records.addConfiguration({ ...configuration, end })).used = true;
  for (let count = 0; count < 120; count += 1) await records.addConfiguration({ ...configuration, end });
  const ids = Records.open(file)
    .configurations()
    .map(({ id }) => id);
  expect(ids).toEqual([...Array.from({ length: 100 }, (_, index) => 121 - index), 1]);
});

test.each(["", "{", "[]", '{"lastProcess":1}', "null"])(
  "a file that holds %j never leads to an old id",
  async (text) => {
    writeFileSync(file, text);
    const { id } = await Records.open(file).addProcess({ job: "j", configuration: 1 });
    expect(id).toBeGreaterThan(1_700_000_000);
    expect(JSON.parse(readFileSync(file, "utf8")).lastProcess).toBe(id);
  },
);
