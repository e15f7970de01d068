/**
 * Judges whether a gateway has kept its promises, however often it was killed: a confirmed forward is there, a removed
 * one stays gone, each forward has a request, and each port has one forward. A lost answer may stand for success or
 * failure, so both are allowed. Pure.
 */
import { assignAll } from "./assign.js";
import type { Create, Delete, Event, Look } from "./history.js";
import { type Life, livesIn, nameOf } from "./life.js";

/** @returns the violations, one sentence each. */
export function judge(events: readonly Event[]): string[] {
  const creates = events.filter((event): event is Create => event.op === "create");
  const deletes = events.filter((event): event is Delete => event.op === "delete");
  const looks = events.filter((event): event is Look => event.op === "look");
  const lives = livesIn(creates, deletes, looks);
  return [
    ...lives.flatMap(unexplained),
    ...lives.flatMap((life, index) => lives.slice(index + 1).flatMap((other) => together(life, other))),
    ...lives.filter(({ to, gone }) => gone !== undefined && to > gone.ended).map(cameBack),
    ...lost(lives, deletes),
    ...creates.filter((create) => isRefusedForNothing(create, lives, creates, looks)).map(refusedForNothing),
  ];
}

/** Each forward has a request that it matches and that was not refused. */
function unexplained(life: Life): string[] {
  const { shown, from } = life;
  const asked = life.asked.filter(({ answer }) => answer !== "refused");
  const [first] = asked;
  if (first === undefined) return [`${nameOf(life)} is there, but was refused or never requested`];
  if (asked.every(({ began }) => began > from)) return [`${nameOf(life)} was there before its request`];
  const isSame =
    shown.owner === first.owner &&
    shown.protocol === first.protocol &&
    shown.target === first.target &&
    (first.wanted === undefined || shown.connPort === first.wanted);
  return isSame ? [] : [`${nameOf(life)} is not what was requested`];
}

/** No two on one port, and no two for one intent, at the same moment. */
function together(one: Life, other: Life): string[] {
  if (Math.max(one.from, other.from) > Math.min(one.to, other.to)) return [];
  if (one.shown.connPort === other.shown.connPort) return [`${nameOf(one)} and ${nameOf(other)} share a port`];
  if (one.shown.intent === other.shown.intent) return [`${nameOf(one)} and ${nameOf(other)} are one intent`];
  return [];
}

const cameBack = (life: Life) => `${nameOf(life)} was gone and came back`;

/** A missing forward has expired, or has a removal of its own at a time when it was there. */
function lost(lives: readonly Life[], deletes: readonly Delete[]): string[] {
  const missing = lives.filter(({ gone, to, shown: { expiresAt } }) => {
    if (gone === undefined || to > gone.ended) return false;
    return expiresAt === undefined || gone.at < expiresAt;
  });
  const choicesOf = ({ shown, asked, to, gone }: Life) =>
    deletes.filter(({ owner, connPort, answer, began, ended }) => {
      if (owner !== shown.owner || connPort !== shown.connPort || answer === "absent") return false;
      const last = answer === "lost" ? Number.POSITIVE_INFINITY : ended;
      const born = Math.min(...asked.map((create) => create.began));
      return last > Math.max(born, to) && began < (gone?.ended ?? 0);
    });
  return assignAll(missing, choicesOf).map((life) => `${nameOf(life)} is lost: no removal explains it`);
}

/** A requested port is refused only if another forward may have had it. */
function isRefusedForNothing(
  { answer, wanted, began, ended }: Create,
  lives: readonly Life[],
  creates: readonly Create[],
  looks: readonly Look[],
): boolean {
  if (answer !== "refused" || wanted === undefined) return false;
  const isHad = lives.some(
    ({ shown, asked, gone }) =>
      shown.connPort === wanted &&
      asked.some((create) => create.began < ended) &&
      (gone === undefined || gone.ended > began),
  );
  // After a look, it is known whether a lost creation is there.
  const isOpen = creates.some(
    (other) =>
      other.answer === "lost" &&
      other.began < ended &&
      (other.wanted ?? wanted) === wanted &&
      !looks.some((look) => look.owner === undefined && look.began > other.ended && look.ended < began),
  );
  return !isHad && !isOpen;
}

const refusedForNothing = ({ intent, wanted }: Create) => `"${intent}" was refused port ${wanted}, which was free`;
