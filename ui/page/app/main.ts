/** The page: a note for browsers that are not signed in, then the hosts. */
import { Refused } from "../../../page/app/api.js";
import { find, setText } from "../../../page/app/dom.js";
import { takeCode } from "../../../page/app/session.js";
import { createApi } from "./api.js";
import { type HostsView, hostsView } from "./hosts-view.js";
import { dropKey, keepKey, keptKey, onOtherTab } from "./session.js";

const login = find("login", HTMLElement);
const signedIn = find("signed-in", HTMLElement);
const session = find("session", HTMLElement);
let view: HostsView | undefined;

function show(key: string): void {
  view?.end();
  login.hidden = true;
  signedIn.hidden = false;
  session.hidden = false;
  view = hostsView(createApi(key), signOut);
}

/** @param reason of the server, if it was not the user. */
function signOut(reason = ""): void {
  view?.end();
  view = undefined;
  dropKey();
  session.hidden = true;
  signedIn.hidden = true;
  login.hidden = false;
  setText(find("login-error", HTMLElement), reason);
  find("login-title", HTMLElement).focus();
}

async function redeem(code: string): Promise<void> {
  try {
    const { key } = await createApi("").post<{ key: string }>("/api/sign-in", { code });
    keepKey(key);
    show(key);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // A link that is opened twice in the same browser needs no second session.
    const kept = keptKey();
    if (error.status === 410 && kept !== undefined) show(kept);
    else signOut(error.message);
  }
}

function start(): void {
  const code = takeCode();
  const key = keptKey();
  if (code !== undefined) void redeem(code);
  else if (key !== undefined) show(key);
  else signOut();
}

find("sign-out", HTMLButtonElement).addEventListener("click", () => {
  const key = keptKey();
  if (key !== undefined)
    createApi(key)
      .post("/api/sign-out")
      .catch(() => undefined);
  signOut();
});
// A link that is opened in a tab with the page changes only the fragment.
addEventListener("hashchange", () => {
  const code = takeCode();
  if (code !== undefined) void redeem(code);
});
onOtherTab(() => {
  const key = keptKey();
  if (key === undefined) signOut();
  else show(key);
});
start();
