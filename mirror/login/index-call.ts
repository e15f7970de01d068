/** Requests to the package endpoint itself, with the token that the tools use. */
import { defined } from "../../base/defined.js";
import { EXIT, Fault } from "../../base/fault.js";
import { HttpClient, originAndPath } from "../../http/client/http-client.js";
import type { PackageFormat } from "../package-format.js";
import type { PackageId } from "./codeartifact.js";
import { simple } from "./urls.js";

export interface Index {
  readonly format: PackageFormat;
  /** Ending with a slash. */
  readonly endpoint: string;
  readonly token: string;
  readonly signal?: AbortSignal;
}

/** @throws Fault `mirror/refused` for 401 and 403, `mirror/index-unreachable`, `mirror/index-failed` */
export async function serves(index: Index, { namespace, name }: PackageId): Promise<boolean> {
  const path = namespace === undefined ? name : `@${namespace}%2f${name}`;
  const url = index.format === "pypi" ? `${simple(index.endpoint)}${name}/` : `${index.endpoint}${path}`;
  const status = await ask(index, url);
  if (status === 200) return true;
  if (status === 404) return false;
  if (status === 401 || status === 403) throw refused(status);
  throw new Fault("mirror/index-failed", `the index answered ${status} for ${name}`, { hint: "try again later" });
}

/** Whether the endpoint accepts the token; undefined if it did not answer. */
export async function accepts(index: Index): Promise<boolean | undefined> {
  const url = index.format === "pypi" ? simple(index.endpoint) : `${index.endpoint}-/ping`;
  return await ask(index, url).then(
    (status) => status !== 401,
    () => undefined,
  );
}

const TOTAL_MS = 30_000;
const client = new HttpClient({ via: { kind: "proxy", env: process.env } });

async function ask({ token, signal }: Index, url: string): Promise<number> {
  const headers = { authorization: `Basic ${Buffer.from(`aws:${token}`).toString("base64")}` };
  try {
    const request = defined({ ...originAndPath(new URL(url)), headers, totalMs: TOTAL_MS, signal });
    const { status, body } = await client.request(request);
    body.destroy();
    return status;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Fault("mirror/index-unreachable", `the index ${new URL(url).origin} cannot be reached`, {
      hint: "in a network without Internet this needs the interface endpoint codeartifact.repositories, with private DNS",
      cause: error,
    });
  }
}

const refused = (status: number) =>
  new Fault("mirror/refused", `the index does not take the token (${status})`, {
    hint: 'renew it with "sallyport mirror refresh --force"; for 403 the role needs codeartifact:ReadFromRepository',
    exit: EXIT.auth,
  });
