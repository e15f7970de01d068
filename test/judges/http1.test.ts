/** HTTP/1.1 by the letter: one table of requests from RFC 9110 and 9112, put to all three daemons over TLS. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { converse } from "./http/converse.js";
import type { Status } from "./http/row.js";
import { ROWS } from "./http/rows.js";
import { SUBJECTS, type Subject } from "./http/subjects.js";

describe.each(["agent", "gateway", "mirror"] as const)("the %s", (name) => {
  let subject: Subject;
  beforeAll(async () => {
    subject = await SUBJECTS[name]();
  });
  afterAll(() => subject?.stop());

  test.each(ROWS.filter(({ subjects }) => subjects.includes(name)))("RFC $rule: $title", async (row) => {
    const { bytes, outcome, check } = row;
    const { answers, connection, halfClosed = false } = outcome;
    subject.content.forget?.();
    const sent = typeof bytes === "string" ? bytes : bytes(subject);
    const seen = await converse(subject, { bytes: sent, expected: answers.length, halfClosed });
    for (const [index, wanted] of answers.entries()) {
      expect(allowed(wanted, subject)).toContain(seen.answers[index]?.status);
    }
    if (connection !== "either") expect(seen.connection).toBe(connection);
    // Content is stored as it was meant, or not at all.
    expect([undefined, subject.content.content]).toContain(subject.content.stored?.());
    check?.(seen, subject);
  });
});

function allowed(status: Status, { content }: Subject): readonly number[] {
  if (status === "taken") return content.taken;
  return typeof status === "number" ? [status] : status;
}
