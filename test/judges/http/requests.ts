/** Requests as bytes. */
import type { Subject } from "./subjects.js";

export const head = (lines: readonly string[], body = "") => `${lines.join("\r\n")}\r\n\r\n${body}`;

/** The first line, Host, and more fields. */
export const line = (first: string, ...fields: readonly string[]) => head([first, "Host: h", ...fields]);

/** A request that every subject answers with 200. */
export const get = (...fields: readonly string[]) => line("GET /healthz HTTP/1.1", ...fields);

/** The last request of a connection. */
export const last = (id = "last") => get(`X-Request-Id: ${id}`, "Connection: close");

/** A request for the subject's file. */
export const of =
  (method: string, ...fields: readonly string[]) =>
  ({ file }: Subject) =>
    line(`${method} ${file?.target} HTTP/1.1`, ...(file?.fields ?? []), ...fields);

/** A request with the subject's content: `fields` frame it, `body` is what stands behind the head. */
export const submit =
  (fields: readonly string[] | ((content: string) => readonly string[]), body: (content: string) => string) =>
  ({ content: { line, fields: own, content } }: Subject) =>
    head([line, "Host: h", ...own, ...(typeof fields === "function" ? fields(content) : fields)], body(content));

export const whole = (content: string) => content;
export const lengthOf = (content: string) => [`Content-Length: ${content.length}`];
export const CHUNKED = ["Transfer-Encoding: chunked"];
export const LAST_CHUNK = "0\r\n\r\n";
export const chunk = (text: string, extension = "") => `${text.length.toString(16)}${extension}\r\n${text}\r\n`;
export const chunked = (content: string) => chunk(content) + LAST_CHUNK;

/** What must never be answered where it hides in other bytes. */
export const SMUGGLED = get("X-Request-Id: smuggled");
