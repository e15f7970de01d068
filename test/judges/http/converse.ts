/** Puts one row to one subject over TLS, and finds out what became of the connection. */
import { connect } from "node:tls";
import { type Answer, readAnswer } from "./answers.js";
import { last } from "./requests.js";

export interface Conversation {
  readonly answers: readonly Answer[];
  readonly interim: readonly number[];
  readonly connection: "open" | "closed";
}

/** Only ends what hangs. */
const HANGS_MS = 60_000;

/**
 * Reads `expected` final answers. A connection that the last of them does not close must answer one more request, which
 * also shows that nothing else was answered before.
 *
 * @throws Error for anything else.
 */
export function converse(
  peer: { readonly port: number; readonly cert: string },
  { bytes, expected, halfClosed }: { readonly bytes: string; readonly expected: number; readonly halfClosed: boolean },
): Promise<Conversation> {
  const heads = [...bytes.matchAll(/(?:^|\r\n\r\n)([A-Z]+) \S+ HTTP/g)].map(([, method]) => method === "HEAD");
  const answers: Answer[] = [];
  const interim: number[] = [];
  let unread = Buffer.alloc(0);
  let probed = false;

  return new Promise((resolve, reject) => {
    const socket = connect({ port: peer.port, host: "127.0.0.1", ca: peer.cert, checkServerIdentity: () => undefined });
    const settle = (error?: Error) => {
      clearTimeout(timer);
      socket.destroy();
      if (error === undefined) resolve({ answers, interim, connection: probed ? "open" : "closed" });
      else reject(new Error(`${error.message}; before it: ${answers.map(({ status }) => status)}`));
    };
    const timer = setTimeout(() => settle(new Error(`nothing more comes: ${unread.toString()}`)), HANGS_MS);

    const take = (ended: boolean) => {
      for (;;) {
        const read = readAnswer(unread, heads[answers.length] === true, ended);
        if (read === undefined) return;
        unread = Buffer.from(read.rest);
        const { status, fields } = read.answer;
        if (status < 200) {
          interim.push(status);
          continue;
        }
        if (probed) {
          if (fields.get("x-request-id") !== "probe") throw new Error(`${status} answers nothing that was asked`);
          if (unread.length > 0) throw new Error("there are bytes behind the last answer");
          return settle();
        }
        answers.push(read.answer);
        const closes = fields.get("connection")?.toLowerCase() === "close";
        if (closes && answers.length < expected) throw new Error(`the connection closes early, with ${status}`);
        if (answers.length > expected) throw new Error(`one answer too many: ${status}`);
        if (closes || halfClosed || answers.length < expected) continue;
        probed = true;
        socket.write(last("probe"));
      }
    };
    const attempt = (ended: boolean) => {
      try {
        take(ended);
        return true;
      } catch (error) {
        settle(error as Error);
        return false;
      }
    };
    socket.on("data", (data) => {
      unread = Buffer.concat([unread, data]);
      attempt(false);
    });
    socket.once("end", () => {
      if (!attempt(true)) return;
      if (probed) settle(new Error("the connection closed, and no answer had said so"));
      else if (answers.length < expected) settle(new Error("the connection closed before all was answered"));
      else settle();
    });
    // TLS, too, must end in good order (RFC 9112, 9.8): a reset is an error.
    socket.once("error", settle);
    socket.write(Buffer.from(bytes, "latin1"));
    if (halfClosed) socket.end();
  });
}
