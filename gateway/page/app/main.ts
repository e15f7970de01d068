/** The page: a sign-in form, then a list that stays up to date. */

import { createApi, Refused } from "../../../page/app/api.js";
import { find, setText } from "../../../page/app/dom.js";
import { ahead, clock } from "../../../page/app/format.js";
import { cleanToken, tabSession, takeCode } from "../../../page/app/session.js";
import { readWho } from "./documents.js";
import { labView } from "./lab-view.js";

const SERVER = "the gateway";

const login = find("login", HTMLFormElement);
const tokenInput = find("token", HTMLInputElement);
const loginError = find("login-error", HTMLElement);
const session = find("session", HTMLElement);
const kept = tabSession("sallyport.token");
let close: (() => void) | undefined;

async function signIn(token: string): Promise<void> {
  const api = createApi(SERVER, token);
  const who = readWho(await api.get("/v1/whoami"));
  kept.keep(token);
  setText(find("who", HTMLElement), who.name);
  const showUntil = () =>
    setText(
      find("until", HTMLElement),
      `until ${clock(who.expiresAt, Date.now())}, ${ahead(who.expiresAt, Date.now())}`,
    );
  showUntil();
  login.hidden = true;
  tokenInput.value = "";
  session.hidden = false;
  close = labView(api, who, { onRefresh: showUntil, onRefused: signOut });
}

function signOut(reason = ""): void {
  close?.();
  close = undefined;
  kept.drop();
  session.hidden = true;
  login.hidden = false;
  setText(loginError, reason);
  tokenInput.focus();
}

async function trySignIn(token: string): Promise<void> {
  setText(loginError, "");
  try {
    await signIn(token);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    signOut(error.message);
  }
}

login.addEventListener("submit", (event) => {
  event.preventDefault();
  const token = cleanToken(tokenInput.value);
  if (token === "") return signOut("paste a token first");
  void trySignIn(token);
});
find("sign-out", HTMLButtonElement).addEventListener("click", () => signOut());

/** @returns the token of a link. @throws Refused for a link that was used already. */
async function redeem(code: string): Promise<string> {
  const answer = await createApi(SERVER).post("/v1/sign-in/redeem", { code }, crypto.randomUUID());
  return (answer as { token: string }).token;
}

function start(): void {
  const code = takeCode();
  const token = kept.token();
  if (code !== undefined) {
    close?.();
    redeem(code).then(trySignIn, (error: unknown) => {
      if (!(error instanceof Refused)) throw error;
      signOut(error.message);
    });
  } else if (token !== undefined) {
    if (close === undefined) void trySignIn(token);
  } else {
    login.hidden = false;
    tokenInput.focus();
  }
}

// A link that is opened in a tab with the page changes only the fragment.
addEventListener("hashchange", start);
start();
