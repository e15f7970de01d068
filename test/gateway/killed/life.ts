/** A history by forward: when each certainly existed, and since when it is gone. Pure. */

import { defined } from "../../../base/defined.js";
import type { Create, Delete, Look, ObservedForward, Span } from "./history.js";

/** One forward, by its id, which is never given twice. */
export interface Life {
  readonly shown: ObservedForward;
  /** All attempts of its intent. */
  readonly asked: readonly Create[];
  /** For certain there from `from` to `to`, both included; where `from` is the later one, at one moment in between. */
  readonly from: number;
  readonly to: number;
  /** The first that shows it gone: an id does not come back, so that it is gone from then on. */
  readonly gone?: Span & { readonly at: number };
}

export function livesIn(creates: readonly Create[], deletes: readonly Delete[], looks: readonly Look[]): Life[] {
  const found = new Map<string, { readonly shown: ObservedForward; from: number; to: number }>();
  const see = (shown: ObservedForward, { began, ended }: Span) => {
    const known = found.get(shown.id) ?? { shown, from: ended, to: began };
    known.from = Math.min(known.from, ended);
    known.to = Math.max(known.to, began);
    found.set(shown.id, known);
  };
  for (const create of creates) if (typeof create.answer === "object") see(create.answer, create);
  for (const look of looks) for (const shown of look.forwards) see(shown, look);

  return [...found.values()].map(({ shown, from, to }) => {
    const { id, owner, connPort, intent } = shown;
    const without = looks.filter(
      (look) => (look.owner === undefined || look.owner === owner) && look.forwards.every((each) => each.id !== id),
    );
    const removed = deletes.filter(
      (each) => each.owner === owner && each.connPort === connPort && each.answer !== "lost",
    );
    const [gone] = [...without, ...removed]
      .filter(({ began }) => began > from)
      .sort((one, other) => one.ended - other.ended);
    const asked = creates.filter((create) => create.intent === intent);
    return defined({ shown, asked, from, to, gone });
  });
}

export const nameOf = ({ shown: { id, intent, connPort } }: Life) => `${id} ("${intent}", port ${connPort})`;
