/** Signing in by a one-time link, and out. */
import { type Static, Type } from "@sinclair/typebox";
import { cookieOf, setCookie } from "../cookie.js";
import { codeIsGone } from "../problems.js";
import { readDocument } from "../read-document.js";
import { NO_STORE, type UiRoute, uiRoute } from "../route.js";
import type { Services } from "../services.js";

const SignIn = Type.Object({ code: Type.String({ maxLength: 100 }) }, { additionalProperties: false });

export function signInRoutes({ sessions, port }: Pick<Services, "sessions" | "port">): UiRoute[] {
  return [
    uiRoute(
      "POST",
      "/api/sign-in",
      async ({ exchange }) => {
        const { code }: Static<typeof SignIn> = await readDocument(exchange, SignIn);
        const session = sessions.redeem(code);
        if (session === undefined) throw codeIsGone();
        exchange.json(200, { key: session.key }, { ...NO_STORE, "Set-Cookie": setCookie(session.cookie, port()) });
      },
      "anyone",
    ),
    uiRoute("POST", "/api/sign-out", ({ exchange }) => {
      sessions.end(cookieOf(exchange.req.headers, port()));
      exchange.answer(204, { ...NO_STORE, "Set-Cookie": setCookie("", port()) });
    }),
  ];
}
