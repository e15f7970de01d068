/** The follower against a logger that rotates in every way, and an oracle that knows every complete line. */
import { appendFile, copyFile, mkdtemp, rename, rm, stat, truncate, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defined } from "../../../../base/defined.js";
import { type FollowEvent, Follower, type FollowOptions } from "../../../../gateway/logs/source/follow.js";
import type { Position } from "../../../../gateway/logs/source/position.js";
import { seededRandom } from "../../../support/random.js";

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sallyport-follow-"));
  file = join(dir, "kern.log");
});
afterEach(() => rm(dir, { recursive: true }));

/** Reads what is there; remembers the position as a process would that could be killed at any time. */
class Reader {
  readonly lines: string[] = [];
  readonly ids = new Map<string, string>();
  readonly events: FollowEvent[] = [];
  position: Position | undefined;
  #follower: Follower;

  constructor(private readonly options: Omit<FollowOptions, "position">) {
    this.#follower = this.#open();
  }

  #open(): Follower {
    const { position } = this;
    return new Follower({
      ...this.options,
      onEvent: (event) => this.events.push(event),
      ...defined({ position }),
    });
  }

  /** @param chunks at most so many. @param isKept false: read by a process that died before it was done with them. */
  async read(chunks = Number.POSITIVE_INFINITY, isKept = true): Promise<void> {
    for (let read = 0; read < chunks; read += 1) {
      const chunk = await this.#follower.read();
      if (chunk === undefined) return;
      let at = chunk.offset;
      for (const line of chunk.text.split("\n").slice(0, -1)) {
        const id = `${chunk.key}-${at}`;
        expect(this.ids.get(id) ?? line, `${id} is one line only`).toBe(line);
        this.ids.set(id, line);
        at += line.length + 1;
        if (isKept) this.lines.push(line);
      }
      if (isKept) this.position = chunk.position;
    }
  }

  async restart(): Promise<void> {
    await this.#follower.close();
    this.#follower = this.#open();
  }

  close = () => this.#follower.close();
}

/** As logrotate does: .1 becomes .2 … */
async function shift(): Promise<void> {
  for (let number = 30; number >= 1; number -= 1) {
    await rename(`${file}.${number}`, `${file}.${number + 1}`).catch(() => undefined);
  }
}
async function rotateByRename(): Promise<void> {
  await shift();
  await rename(file, `${file}.1`);
}
async function rotateByCopy(): Promise<void> {
  await shift();
  await copyFile(file, `${file}.1`);
  await truncate(file);
}

describe("the follower", () => {
  test("V-31 reads what was written while nobody did", async () => {
    await writeFile(file, "one\ntwo\n");
    const reader = new Reader({ file });
    await reader.read();
    await appendFile(file, "three\n");
    await reader.restart();
    await reader.read();
    expect(reader.lines).toEqual(["one", "two", "three"]);
    await reader.close();
  });

  test("V-31 waits for the rest of a line", async () => {
    await writeFile(file, "one\ntw");
    const reader = new Reader({ file });
    await reader.read();
    expect(reader.lines).toEqual(["one"]);
    await appendFile(file, "o\n");
    await reader.read();
    expect(reader.lines).toEqual(["one", "two"]);
    await reader.close();
  });

  test("V-31 finishes a renamed file before it turns to the new one", async () => {
    await writeFile(file, "one\n");
    const reader = new Reader({ file });
    await reader.read();
    await rotateByRename();
    await appendFile(`${file}.1`, "two\n");
    await writeFile(file, "");
    await reader.read();
    await appendFile(`${file}.1`, "three\n");
    await reader.read();
    await appendFile(`${file}.1`, "four\n");
    await writeFile(file, "five\n");
    await reader.read();
    expect(reader.lines).toEqual(["one", "two", "three", "four", "five"]);
    expect(reader.events).toEqual([]);
    await reader.close();
  });

  test("V-31 reads the rest of a truncated file from its copy, even when the new one has grown longer", async () => {
    await writeFile(file, "one\n");
    const reader = new Reader({ file });
    await reader.read();
    await appendFile(file, "two\n");
    await rotateByCopy();
    await appendFile(file, "three, and more than there was before\n");
    await reader.read();
    expect(reader.lines).toEqual(["one", "two", "three, and more than there was before"]);
    expect(reader.events).toEqual([]);
    await reader.close();
  });

  test("V-31 says so when what it had not read is gone", async () => {
    await writeFile(file, "one\n");
    const reader = new Reader({ file });
    await reader.read();
    await appendFile(file, "two\n");
    await truncate(file);
    await appendFile(file, "3\n");
    await reader.read();
    expect(reader.lines).toEqual(["one", "3"]);
    expect(reader.events).toEqual(["rotated-away"]);
    await reader.close();
  });

  test("says so, too, when that happened while nobody read", async () => {
    await writeFile(file, "one\n");
    const reader = new Reader({ file });
    await reader.read();
    await unlink(file);
    await writeFile(file, "2\n3\n4\n");
    await reader.restart();
    await reader.read();
    expect(reader.lines).toEqual(["one", "2", "3", "4"]);
    expect(reader.events).toEqual(["rotated-away"]);
    await reader.close();
  });

  test("a file that is not there yet has nothing to read", async () => {
    const reader = new Reader({ file });
    await reader.read();
    await writeFile(file, "one\n");
    await reader.read();
    expect(reader.lines).toEqual(["one"]);
    await reader.close();
  });

  test("a line that is longer than a chunk is skipped whole, and said, also across a restart", async () => {
    const reader = new Reader({ file, chunkBytes: 64 });
    await writeFile(file, `one\n${"x".repeat(300)}`);
    await reader.read();
    await reader.restart();
    await appendFile(file, `${"y".repeat(300)}\ntwo\n`);
    await reader.read();
    expect(reader.lines).toEqual(["one", "two"]);
    expect(new Set(reader.events)).toEqual(new Set(["line-too-long"]));
    await reader.close();
  });

  test("two files that begin alike have different ids", async () => {
    await writeFile(file, "same\n");
    const reader = new Reader({ file });
    await reader.read();
    await rotateByRename();
    await writeFile(file, "same\n");
    await reader.read();
    expect(reader.lines).toEqual(["same", "same"]);
    expect(reader.ids.size).toBe(2);
    await reader.close();
  });

  test.each(Array.from({ length: 30 }, (_, seed) => seed))(
    "V-31 reads every complete line once and in order, history %i",
    async (seed) => {
      const random = seededRandom(seed);
      const chunkBytes = random.pick([256, 1024, 65_536]);
      const reader = new Reader({ file, chunkBytes });
      const written = ["first"];
      let open = "";
      // Without a position the reading begins with the file as it is now.
      await writeFile(file, "first\n");
      await reader.read();
      for (let step = 0; step < 120; step += 1) {
        const action = random.below(12);
        if (action < 6) {
          let text = "";
          for (let lines = random.below(8); lines > 0; lines -= 1) {
            const line = `${open}${written.length} ${"l".repeat(random.below(100))}`;
            text += `${line.slice(open.length)}\n`;
            written.push(line);
            open = "";
          }
          if (open === "" && random.chance(0.2)) {
            open = `${written.length} half`;
            text += open;
          }
          await appendFile(file, text);
        } else if (action === 6 && open === "" && (await stat(file)).size > 0) {
          await rotateByRename();
          await writeFile(file, "");
        } else if (action === 7 && open === "" && (await stat(file)).size > 0) {
          await rotateByCopy();
        } else if (action === 8) {
          // Killed with chunks in its hands.
          await reader.read(random.below(4), false);
          await reader.restart();
        } else if (action === 9) {
          await reader.restart();
        } else {
          await reader.read(random.below(6));
        }
      }
      if (open !== "") {
        await appendFile(file, "\n");
        written.push(open);
      }
      await reader.read();
      expect(reader.lines).toEqual(written);
      expect(reader.events).toEqual([]);
      await reader.close();
    },
  );
});

test("G-13: a backlog is read in small parts, and a line that is longer than one is still read whole", async () => {
  const short = `${"x".repeat(99)}\n`;
  const long = `${"y".repeat(500_000)}\n`;
  await writeFile(file, short.repeat(5_000) + long + short);
  const follower = new Follower({ file });
  const parts: string[] = [];
  for (let chunk = await follower.read(); chunk !== undefined; chunk = await follower.read()) parts.push(chunk.text);
  await follower.close();
  expect(parts.join("")).toBe(short.repeat(5_000) + long + short);
  const [large = "", ...others] = parts.filter((text) => text.length > 128 * 1024);
  // With what stands before it, it would come in one part of all.
  expect([large.startsWith(long), others]).toEqual([true, []]);
});
