/**
 * Tells AWS's answers from others. Captive portals and filtering proxies answer 200 with a page; the SDK would read that
 * as a call that succeeded and returned nothing.
 */
import type { Readable } from "node:stream";
import { readBody } from "./read-body.js";

/** Far above the largest page of any call; a longer body is not AWS's. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** An answer that is not one of AWS. */
export class NotFromAws extends Error {
  override readonly name = "NotFromAws";
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(origin: string, status: number, found: string) {
    super(`${origin} answered ${status} with ${found}, and not as AWS answers`);
    this.$metadata = { httpStatusCode: status };
  }
}

/** Pure: what a body is that AWS cannot have sent. All its calls answer, and refuse, with XML or JSON of their own. */
export function notFromAws(body: Uint8Array, status: number): string | undefined {
  const start = Buffer.from(body.subarray(0, 4_096))
    .toString("utf8")
    .replace(/^\ufeff/, "");
  const text = start.replace(/^\s*(?:<\?xml[^>]*\?>|<!--[\s\S]*?-->|\s)*/, "");
  if (text === "") return "nothing";
  if (/^[{[]/.test(text)) return undefined;
  // The SDK would read it as an answer without content.
  if (status < 300 && /^<(?:[\w.-]+:)?(?:Response|ErrorResponse|Error)[\s/>]/.test(text)) return "an error";
  // EC2 and STS name the root after the action; their errors are in Response or ErrorResponse.
  if (/^<(?:[\w.-]+:)?[A-Za-z]*(?:Response|Error)[\s/>]/.test(text)) return undefined;
  return /^<(?:!doctype\s+html|html|head|body)\b/i.test(text) ? "a web page" : "text";
}

/** The innermost step of the SDK's client. */
type Deserialize = <Args, Output extends { response: unknown }>(
  next: (args: Args) => Promise<Output>,
) => (args: Args) => Promise<Output>;

interface AwsClient {
  readonly middlewareStack: {
    add(middleware: never, options: { step: "deserialize"; priority: "low"; name: string }): void;
  };
}

/** For daemons in AWS, which are behind no proxy: lets the SDK's own connection take AWS's answers only. */
export function acceptAwsOnly<Client extends AwsClient>(client: Client): Client {
  const check: Deserialize = (next) => async (args) => {
    const output = await next(args);
    const response = output.response as { statusCode: number; body: unknown };
    const bytes = await readBody(response.body as Readable, MAX_ANSWER_BYTES);
    const found = notFromAws(bytes, response.statusCode);
    if (found !== undefined) throw new NotFromAws("the endpoint", response.statusCode, found);
    response.body = bytes;
    return output;
  };
  client.middlewareStack.add(check as never, { step: "deserialize", priority: "low", name: "acceptAwsOnly" });
  return client;
}
