/** Who may reach the hosts: the rules of their security group, access for a time, and its end. */
import { type Static, Type } from "@sinclair/typebox";
import { readDocument } from "../read-document.js";
import { NO_STORE, type UiRoute, uiRoute } from "../route.js";
import type { Services } from "../services.js";

const text = (most: number) => Type.String({ minLength: 1, maxLength: most });
const Grant = Type.Object(
  {
    name: text(64),
    from: Type.Array(text(64), { minItems: 1, maxItems: 20 }),
    ports: Type.Array(text(16), { minItems: 1, maxItems: 20 }),
    for: text(16),
    why: Type.String({ maxLength: 120 }),
  },
  { additionalProperties: false },
);
const Revoke = Type.Object({ holder: text(64), confirmed: Type.Boolean() }, { additionalProperties: false });

export function accessRoutes({ backend, operations }: Services, signal: AbortSignal): UiRoute[] {
  return [
    uiRoute("GET", "/api/access", async ({ exchange }) => {
      exchange.json(200, await backend.access(signal), NO_STORE);
    }),
    uiRoute("POST", "/api/access/grant", async ({ exchange }) => {
      const grant: Static<typeof Grant> = await readDocument(exchange, Grant);
      await operations.start(`let ${grant.name} in`, (progress) => backend.grant(grant, progress));
      exchange.answer(204, NO_STORE);
    }),
    uiRoute("POST", "/api/access/revoke", async ({ exchange }) => {
      const { holder, confirmed }: Static<typeof Revoke> = await readDocument(exchange, Revoke);
      await operations.start(`end the access of ${holder}`, (progress) => backend.revoke(holder, confirmed, progress));
      exchange.answer(204, NO_STORE);
    }),
  ];
}
