/** Renews tokens ahead of their end: those that are due, once, or all of them for as long as the program runs. */
import { sleepUnless } from "../../base/async/sleep.js";
import { errorText } from "../../base/text/error-text.js";
import { chanceOf, dueAt, retryAfter } from "./due.js";
import * as errors from "./errors.js";
import { type Login, readState, stateDir } from "./store.js";
import type { Environment, LoginTool } from "./tool.js";
import { type LoginOptions, renewLogin } from "./write-login.js";

export interface RefreshOptions extends LoginOptions {
  /** @default all */
  readonly tool?: LoginTool | undefined;
  /** Renews what is not due, too; `watchLogins` does so once, at its start. @default false */
  readonly force?: boolean | undefined;
  /** @param text one line: what failed, and until when the old token lasts. */
  readonly onFailure: (text: string) => void;
}

export interface Refreshed {
  readonly renewed: readonly { readonly login: string; readonly expires: string }[];
  readonly failed: readonly { readonly login: string; readonly message: string }[];
  /** Logins that were not due. */
  readonly kept: number;
}

/** @throws Fault `mirror/not-logged-in`; the abort reason once `signal` is aborted. */
export async function refreshDue(options: RefreshOptions): Promise<Refreshed> {
  const { env, tool, force, signal, onFailure } = options;
  const logins = await loginsOf(env, tool);
  if (logins.length === 0) throw errors.notLoggedIn(tool);
  const now = Date.now();
  const due = logins.filter((login) => force || now >= dueAt(login, chance(login)));
  const renewed: { login: string; expires: string }[] = [];
  const failed: { login: string; message: string }[] = [];
  for (const login of due) {
    try {
      const { expiresAt } = (await renewLogin(login, options)).login;
      renewed.push({ login: login.id, expires: new Date(expiresAt).toISOString() });
    } catch (error) {
      signal.throwIfAborted();
      onFailure(failureText(login, error));
      failed.push({ login: login.id, message: errorText(error) });
    }
  }
  return { renewed, failed, kept: logins.length - due.length };
}

/** Reads the logins again at least this often: another command may have changed them. */
const LOOK_MS = 60_000;

/** Renews each token ahead of its end until `signal` is aborted. */
export async function watchLogins(
  options: RefreshOptions & { readonly onRenewed: (login: Login) => void },
): Promise<void> {
  const { env, tool, signal, onFailure, onRenewed } = options;
  const waits = new Map<string, { failures: number; notBefore: number }>();
  let all = options.force === true;
  while (!signal.aborted) {
    const logins = await loginsOf(env, tool);
    let next = Date.now() + LOOK_MS;
    for (const login of logins) {
      const wait = waits.get(login.id);
      const at = all ? 0 : Math.max(dueAt(login, chance(login)), wait?.notBefore ?? 0);
      if (Date.now() < at) {
        next = Math.min(next, at);
        continue;
      }
      try {
        const written = await renewLogin(login, options);
        waits.delete(login.id);
        onRenewed(written.login);
      } catch (error) {
        if (signal.aborted) break;
        onFailure(failureText(login, error));
        const failures = (wait?.failures ?? 0) + 1;
        const notBefore = Date.now() + retryAfter(failures, Math.random());
        waits.set(login.id, { failures, notBefore });
        next = Math.min(next, notBefore);
      }
    }
    all = false;
    await sleepUnless(signal, Math.max(next - Date.now(), 1000));
  }
}

async function loginsOf(env: Environment, tool: LoginTool | undefined): Promise<Login[]> {
  const { logins } = await readState(stateDir(env));
  return Object.values(logins).filter((each) => tool === undefined || each.tool === tool);
}

const chance = ({ id, issuedAt }: Login) => chanceOf(`${id} ${issuedAt}`);

function failureText(login: Login, error: unknown): string {
  const hint = error instanceof Error && "hint" in error && error.hint !== undefined ? `; ${error.hint}` : "";
  const until = new Date(login.expiresAt).toISOString();
  const old = login.expiresAt > Date.now() ? `the old token stays, until ${until}` : `the old token ended ${until}`;
  return `${login.id} was not renewed: ${errorText(error)}${hint}; ${old}`;
}
