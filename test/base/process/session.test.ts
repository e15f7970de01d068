import { describe, expect, test } from "vitest";
import { Session, type SessionOptions } from "../../../base/process/session.js";

/** A shell that reads commands, as `nft -i` does. */
function shell(more: Partial<SessionOptions> = {}): Session {
  return new Session({
    command: ["/bin/sh"],
    env: { PATH: process.env.PATH },
    marker: "echo MARK",
    markerOutput: /^MARK\n/m,
    timeoutMs: 10_000,
    ...more,
  });
}

test("each question gets its own reply, and all of them the same process", async () => {
  const session = shell();
  const replies = await Promise.all(
    ["echo $$", "echo oops >&2", "true", "echo $$"].map((line) => session.exchange(line)),
  );
  expect(replies[1]).toBe("oops\n");
  expect(replies[2]).toBe("");
  expect(replies[0]).toMatch(/^\d+\n$/);
  expect(replies[3]).toBe(replies[0]);
  session.close();
});

test("a process that ends fails what waits, and the next question starts another, which is greeted", async () => {
  const session = shell({ greeting: "greeted=yes; echo hello" });
  const [last, after] = [session.exchange("exit 3"), session.exchange("true")];
  await expect(last).rejects.toMatchObject({ code: "session/ended", message: "/bin/sh ended: status 3" });
  await expect(after).rejects.toMatchObject({ code: "session/ended" });
  expect(await session.exchange("echo $greeted")).toBe("yes\n");
  session.close();
});

test("a program that is not there is an error", async () => {
  const session = shell({ command: ["/nonexistent/program"] });
  await expect(session.exchange("true")).rejects.toMatchObject({
    code: "session/ended",
    message: "/nonexistent/program ended: status 127",
  });
});

describe("G-01: a program that hangs does not hang its caller", () => {
  test("the exchange ends at its time limit, the others fail with it, and the next starts anew", async () => {
    const session = shell({ timeoutMs: 300 });
    const first = await session.exchange("echo $$");
    const hanging = [session.exchange("exec sleep 600"), session.exchange("echo never")];
    for (const each of hanging) {
      await expect(each).rejects.toMatchObject({
        code: "session/timeout",
        message: "/bin/sh did not reply within 300 ms",
      });
    }
    expect(await session.exchange("echo $$")).not.toBe(first);
    session.close();
  });

  test("close() fails what waits", async () => {
    const session = shell({ timeoutMs: 60_000 });
    const hanging = session.exchange("exec sleep 600");
    session.close();
    await expect(hanging).rejects.toMatchObject({ code: "session/ended", message: "/bin/sh was closed" });
  });

  test("the limit is each exchange's own, however many wait", async () => {
    const session = shell({ timeoutMs: 2_000 });
    const lines = Array.from({ length: 6 }, (_, index) => `sleep 0.5; echo ${index}`);
    expect(await Promise.all(lines.map((line) => session.exchange(line)))).toEqual(
      lines.map((_, index) => `${index}\n`),
    );
    session.close();
  });
});

test("a question of two lines is refused: the second would be another's reply", async () => {
  await expect(shell().exchange("echo a\necho b")).rejects.toThrow("an exchange is one line");
});
