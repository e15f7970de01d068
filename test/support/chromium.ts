/** A real Chromium, driven by its DevTools protocol over a pipe: messages of JSON with a NUL behind each. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { defined } from "../../base/defined.js";
import { withParentDeath } from "../../base/process/spawn.js";
import { findProgram } from "../../base/tools.js";

// biome-ignore lint/suspicious/noExplicitAny: the protocol's own documents, which a test looks into
type Json = any;

export const chromiumPath = (): string | undefined => findProgram("chromium") ?? findProgram("google-chrome");

export interface Tab {
  send(method: string, params?: object): Promise<Json>;
  /** Evaluates an expression in the page, awaits it, and gives its value. */
  value(expression: string): Promise<Json>;
  /** Waits until an expression is true. */
  until(expression: string): Promise<void>;
  /** Presses a key: "Tab", "Enter", "Escape" or a letter; "Shift+Tab". */
  press(key: string): Promise<void>;
  /** Types as a keyboard does, into what has the focus. */
  type(text: string): Promise<void>;
  /** @param format @default "png" */
  screenshot(format?: "png" | "webp"): Promise<Buffer>;
  /** Messages of the console, exceptions and violations of the content security policy. */
  readonly complaints: readonly string[];
  /** Tabs of one profile share cookies and storage. */
  readonly profile: string;
}

export interface Chromium {
  /** @param profile of another tab. @default - a new one */
  open(url: string, profile?: string): Promise<Tab>;
  close(): Promise<void>;
}

const KEYS: Readonly<Record<string, { readonly code: number; readonly text?: string }>> = {
  Tab: { code: 9 },
  Enter: { code: 13, text: "\r" },
  Escape: { code: 27 },
  " ": { code: 32, text: " " },
  ArrowDown: { code: 40 },
  ArrowRight: { code: 39 },
};

/** @param path of the program. */
export async function startChromium(path: string): Promise<Chromium> {
  const profile = mkdtempSync(join(tmpdir(), "sallyport-chromium-"));
  const args = [
    "--headless=new",
    "--remote-debugging-pipe",
    // Chromium refuses to build its sandbox as root, and the tests of namespaces run as root.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    // The certificate is a test's own; trust in certificates is tested elsewhere.
    "--ignore-certificate-errors",
    `--user-data-dir=${profile}`,
    "about:blank",
  ];
  const [program = "", ...words] = withParentDeath([path, ...args]);
  const child = spawn(program, words, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const input = child.stdio[3] as Writable;
  const output = child.stdio[4] as Readable;
  const waiting = new Map<number, { resolve(value: Json): void; reject(error: Error): void }>();
  const listeners = new Map<string, (method: string, params: Json) => void>();
  let last = 0;
  let rest = "";

  output.setEncoding("utf8").on("data", (chunk: string) => {
    const messages = (rest + chunk).split("\0");
    rest = messages.pop() ?? "";
    for (const text of messages) {
      const { id, result, error, method, params, sessionId } = JSON.parse(text);
      if (id === undefined) listeners.get(sessionId)?.(method, params);
      else if (error === undefined) waiting.get(id)?.resolve(result);
      else waiting.get(id)?.reject(new Error(`${error.message} ${error.data ?? ""}`));
      waiting.delete(id);
    }
  });
  const gone = once(child, "exit").then(() => {
    for (const { reject } of waiting.values()) reject(new Error("chromium ended"));
    waiting.clear();
  });
  input.on("error", () => undefined);

  const send = (method: string, params: object = {}, sessionId?: string): Promise<Json> =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      input.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`);
    });

  return {
    async open(url, given) {
      const browserContextId = given ?? (await send("Target.createBrowserContext")).browserContextId;
      const { targetId } = await send("Target.createTarget", { url: "about:blank", browserContextId });
      const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
      const complaints: string[] = [];
      listeners.set(sessionId, (method, params) => {
        if (method === "Runtime.exceptionThrown")
          complaints.push(params.exceptionDetails.exception?.description ?? "?");
        if (method === "Log.entryAdded") complaints.push(`${params.entry.source}: ${params.entry.text}`);
        if (method === "Runtime.consoleAPICalled") complaints.push(params.args.map((arg: Json) => arg.value).join(" "));
        if (method === "Audits.issueAdded") complaints.push(params.issue.code);
      });
      const tab = tabOf((method, params) => send(method, params, sessionId), complaints, browserContextId);
      for (const domain of ["Page", "Runtime", "Log", "Audits"]) await tab.send(`${domain}.enable`);
      await tab.send("Page.navigate", { url });
      await tab.until("document.readyState === 'complete'");
      return tab;
    },
    async close() {
      // Asked to end, it takes its children along; killed, they go on writing to the profile.
      await send("Browser.close").catch(() => child.kill("SIGKILL"));
      await gone;
      rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

function tabOf(send: Tab["send"], complaints: readonly string[], profile: string): Tab {
  const value = async (expression: string) => {
    const { result, exceptionDetails } = await send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? expression);
    return result.value;
  };
  return {
    send,
    value,
    complaints,
    profile,
    async until(expression) {
      // A test that waits in vain ends by its own time limit, and says here what it waited for.
      const said = setTimeout(() => console.log(`still waiting for: ${expression}`), 30_000);
      while (!(await value(expression).catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 50));
      clearTimeout(said);
    },
    async press(combined) {
      const shift = combined.startsWith("Shift+");
      const key = shift ? combined.slice(6) : combined;
      const { code, text } = KEYS[key] ?? { code: key.toUpperCase().charCodeAt(0), text: key };
      const event = { key, code: key === " " ? "Space" : key, windowsVirtualKeyCode: code, modifiers: shift ? 8 : 0 };
      await send("Input.dispatchKeyEvent", { type: "keyDown", ...event, ...defined({ text }) });
      await send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
    },
    type: (text) => send("Input.insertText", { text }),
    async screenshot(format = "png") {
      const { data } = await send("Page.captureScreenshot", { format, ...(format === "webp" ? { quality: 82 } : {}) });
      return Buffer.from(data, "base64");
    },
  };
}
