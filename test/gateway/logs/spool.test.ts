import { appendFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type MarkedBatch, Spool, type SpoolEvent, type SpoolOptions } from "../../../gateway/logs/spool.js";
import { seededRandom } from "../../support/random.js";

let dir: string;
let events: SpoolEvent[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sallyport-spool-"));
  events = [];
});
afterEach(() => rm(dir, { recursive: true }));

const open = (options: Partial<SpoolOptions<number>> = {}) =>
  Spool.open<number>({ dir, maxBytes: 1_000_000, onEvent: (event) => events.push(event), ...options });
/** What a process that is killed now leaves, for the next one. */
async function killed(spool: Spool<number>, options: Partial<SpoolOptions<number>> = {}): Promise<Spool<number>> {
  const left = await mkdtemp(join(tmpdir(), "sallyport-spool-"));
  await cp(dir, left, { recursive: true });
  await spool.close();
  await rm(dir, { recursive: true });
  dir = left;
  return open(options);
}
/** One batch; its mark is its number. */
const batch = (number: number, records = 1, size = 20): MarkedBatch<number> => ({
  id: `b${number}`,
  records,
  payload: Buffer.from(String(number).padEnd(size, ".")),
  mark: number,
});
const segments = async () => (await readdir(dir)).filter((name) => name.endsWith(".seg")).sort();
async function drain(spool: Spool<number>): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const found = await spool.peek(3);
    const last = found.at(-1);
    if (last === undefined) return ids;
    ids.push(...found.map(({ id }) => id));
    await spool.acknowledge(last.sequence);
  }
}

describe("the spool", () => {
  test("V-33 gives batches in order until they are acknowledged, and then leaves nothing", async () => {
    const spool = await open();
    await spool.append([batch(1), batch(2)], 2);
    expect((await spool.peek(10)).map(({ id }) => id)).toEqual(["b1", "b2"]);
    expect((await spool.peek(1)).map(({ payload }) => Buffer.from(payload).toString())).toEqual([
      "1...................",
    ]);
    expect(await drain(spool)).toEqual(["b1", "b2"]);
    expect([spool.bytes, await segments()]).toEqual([0, []]);
    await spool.append([batch(3)], 3);
    expect(await drain(spool)).toEqual(["b3"]);
    await spool.close();
  });

  test("V-33 a process that was killed leaves what it accepted, and how far it had read", async () => {
    const spool = await open();
    await spool.append([batch(1), batch(2)], 5);
    const again = await killed(spool);
    // The mark of lines after the last record may be lost: they are read again, and make no record again.
    expect(again.mark).toBe(2);
    expect(await drain(again)).toEqual(["b1", "b2"]);
    const third = await killed(again);
    expect([third.mark, await drain(third)]).toEqual([2, []]);
    await third.close();
  });

  test("V-33 whatever is torn at the end, the whole frames before it and their mark count", async () => {
    const spool = await open();
    await spool.append([batch(1)], 1);
    const [name = ""] = await segments();
    const whole = (await readFile(join(dir, name))).length;
    await spool.append([batch(2)], 2);
    const bytes = await readFile(join(dir, name));
    await spool.close();
    for (let end = 0; end <= bytes.length; end += 1) {
      const copy = await mkdtemp(join(tmpdir(), "sallyport-spool-"));
      await writeFile(join(copy, name), bytes.subarray(0, end));
      const torn = await Spool.open<number>({ dir: copy, maxBytes: 1_000_000 });
      const left = end < whole ? 0 : end < bytes.length ? 1 : 2;
      expect([torn.mark ?? 0, (await torn.peek(9)).length], `cut at ${end}`).toEqual([left, left]);
      await torn.append([batch(left + 1)], left + 1);
      expect((await drain(torn)).length).toBe(left + 1);
      await torn.close();
      await rm(copy, { recursive: true });
    }
  });

  test("a bit that turned is found; what is before it and after its segment is delivered", async () => {
    const spool = await open({ segmentBytes: 1 });
    for (const number of [1, 2, 3]) await spool.append([batch(number)], number);
    const [, second = ""] = await segments();
    const path = join(dir, second);
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = 0;
    await writeFile(path, bytes);
    expect(await drain(spool)).toEqual(["b1", "b3"]);
    expect(events).toContainEqual({ event: "damaged", file: path });
    await spool.close();
  });

  test("V-33 at the bound it says so, counts what it drops, and says when there is room again", async () => {
    const spool = await open({ maxBytes: 4_096, segmentBytes: 256 });
    for (let number = 1; number <= 100; number += 1) await spool.append([batch(number, 7, 200)], number);
    expect(spool.bytes).toBeLessThanOrEqual(4_096);
    expect(events).toEqual([{ event: "full", maxBytes: 4_096 }]);
    expect(spool.mark).toBe(100);
    const { dropped } = spool;
    const again = await killed(spool, { maxBytes: 4_096, segmentBytes: 256 });
    expect([again.dropped, again.mark]).toEqual([dropped, 100]);
    const kept = await drain(again);
    expect(kept.length * 7 + dropped).toBe(700);
    await again.close();
  });

  test("V-33 room again is told with the count", async () => {
    const spool = await open({ maxBytes: 600, segmentBytes: 1 });
    for (let number = 1; number <= 3; number += 1) await spool.append([batch(number, 5, 300)], number);
    await drain(spool);
    await spool.append([batch(4, 5, 300)], 4);
    expect(events).toEqual([
      { event: "full", maxBytes: 600 },
      { event: "room-again", droppedTotal: 10 },
    ]);
    await spool.close();
  });

  test.each(Array.from({ length: 20 }, (_, seed) => seed))(
    "V-33 killed and torn at random, nothing accepted is lost, history %i",
    async (seed) => {
      const random = seededRandom(seed);
      const options = { maxBytes: random.pick([2_000, 100_000]), segmentBytes: random.pick([100, 1_000]) };
      let spool = await open(options);
      const delivered = new Set<string>();
      let written = 0;
      const next = () => {
        written += 1;
        return written;
      };
      for (let step = 0; step < 80; step += 1) {
        const action = random.below(4);
        if (action < 2) {
          const batches = Array.from({ length: 1 + random.below(3) }, () => batch(next(), 1, 20 + random.below(100)));
          await spool.append(batches, written);
        } else if (action === 2) {
          const found = await spool.peek(1 + random.below(4));
          for (const { id } of found) delivered.add(id);
          const last = found.at(-1);
          if (last !== undefined && random.chance(0.8)) await spool.acknowledge(last.sequence);
        } else {
          const last = (await segments()).at(-1);
          if (last !== undefined && random.chance(0.5)) {
            // Half a frame that was never accepted.
            await appendFile(join(dir, last), Buffer.from("SPL1\0\0\0\x40half"));
          }
          spool = await killed(spool, options);
          expect(spool.mark ?? 0).toBe(written);
        }
      }
      for (const id of await drain(spool)) delivered.add(id);
      expect(delivered.size + spool.dropped).toBe(written);
      await spool.close();
    },
  );
});
