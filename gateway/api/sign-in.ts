/** `/v1/sign-in`: a link that signs its user in to the page, without pasting a token. */
import { OneTimeCodes } from "../../http/one-time-codes.js";
import { Problem } from "../../http/problem.js";
import { tokenIn } from "../auth/authenticate.js";
import { noToken } from "../auth/problems.js";
import { badValue } from "../forwards/problems.js";
import { onlyKnownNames, parseObject } from "./query.js";
import { type ApiRoute, apiRoute } from "./route.js";
import { SignInBody, SignInCode, SignInToken } from "./schemas.js";

/** Life of a code. */
const SIGN_IN_SECONDS = 60;

export function signInRoutes(): ApiRoute[] {
  /** The codes of links; each stands for a token. */
  const signIns = new OneTimeCodes<string>(SIGN_IN_SECONDS);
  return [
    apiRoute({
      method: "POST",
      path: "/v1/sign-in",
      summary: "Get a code for your token. The page at /#sign-in=CODE redeems it, once, within a minute.",
      access: "token",
      responses: { 201: { description: "The code.", schema: SignInCode } },
      handle: async ({ headers }) => {
        const token = tokenIn(headers);
        if (token === undefined) throw noToken();
        return { status: 201, json: { code: signIns.offer(token), expires_in: signIns.seconds } };
      },
    }),
    apiRoute({
      method: "POST",
      path: "/v1/sign-in/redeem",
      summary: "Exchange a code for the token that it stands for.",
      access: "anyone",
      body: SignInBody,
      responses: {
        200: { description: "The token.", schema: SignInToken },
        410: { description: "The code was used, or is older than a minute." },
      },
      handle: async ({ body }) => {
        const input = parseObject(body);
        onlyKnownNames(Object.keys(input), SignInBody.properties);
        const { code } = input;
        if (typeof code !== "string") throw badValue("code", code, "the code of a sign-in link");
        const token = signIns.redeem(code);
        if (token === undefined) throw codeIsGone();
        return { status: 200, json: { token } };
      },
    }),
  ];
}

const codeIsGone = () =>
  new Problem(
    410,
    "code-gone",
    "Gone",
    'this link was used already, or is older than a minute: get a new one with "sallyport gateway open"',
  );
