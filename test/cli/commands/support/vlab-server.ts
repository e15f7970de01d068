/**
 * A server with vLab's documented protocol: its envelope and texts, random ports, LIKE in place of equality, a 500 for
 * missing forwards, and no routes but vLab's.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { issueCertificate } from "../../../../certs/issue.js";

interface Row {
  name: string;
  target_addr: string;
  target_port: number;
  component: string;
}

export interface VlabServer {
  readonly url: string;
  /** PEM of its certificate. */
  readonly cert: string;
  readonly rows: Map<number, Row>;
  readonly requests: { readonly line: string; readonly headers: IncomingMessage["headers"] }[];
  /** Answers with these first, one each. */
  readonly failures: { readonly status: number; readonly headers?: Record<string, string>; readonly error?: string }[];
}

let issued: ReturnType<typeof issueCertificate> | undefined;

export async function startVlabServer(token: string): Promise<VlabServer> {
  issued ??= issueCertificate({ commonName: "vlab", names: ["127.0.0.1"] });
  const { cert, key } = await issued;
  const state = {
    rows: new Map<number, Row>(),
    requests: [] as VlabServer["requests"],
    failures: [] as VlabServer["failures"],
  };
  const server = createServer({ cert, key }, (req, res) => {
    answer(req, res, token, state).catch(() => res.destroy());
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, cert, ...state };
}

async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  token: string,
  { rows, requests, failures }: Pick<VlabServer, "rows" | "requests" | "failures">,
): Promise<void> {
  const { pathname, searchParams: query } = new URL(req.url ?? "", "https://vlab");
  requests.push({ line: `${req.method} ${req.url}`, headers: req.headers });
  let text = "";
  for await (const chunk of req) text += String(chunk);
  const say = (status: number, error: string | null, content: unknown = {}, headers = {}) => {
    res.writeHead(status, { "Content-Type": "application/json", ...headers });
    res.end(JSON.stringify({ error, content, params: Object.fromEntries(query) }));
  };
  // Flask finds the route first; the token is the route's own affair.
  if (!/^\/api\/1\/ipam\/(?:portmap|addr)$/.test(pathname)) {
    return void res.writeHead(404, { "Content-Type": "text/html" }).end("<h1>Not Found</h1>");
  }
  const failure = failures.shift();
  if (failure !== undefined) return say(failure.status, failure.error ?? null, {}, failure.headers);
  if (req.headers["x-auth"] === undefined) return say(401, "No auth token sent in HTTP header");
  if (req.headers["x-auth"] !== token) return say(401, "Invalid auth token supplied");
  const body = text === "" ? {} : JSON.parse(text);
  const like = (value: string, wanted: string | null) =>
    wanted === null || new RegExp(`^${wanted.replaceAll("%", ".*").replaceAll("_", ".")}$`).test(value);
  switch (`${req.method} ${pathname}`) {
    case "GET /api/1/ipam/portmap": {
      const found = [...rows].filter(([, row]) => like(row.name, query.get("name")));
      return say(200, null, { ports: Object.fromEntries(found), gateway_ip: "127.0.0.1" });
    }
    case "POST /api/1/ipam/portmap": {
      const port = 50_000 + ((7 * rows.size) % 101);
      const { target_name: name, target_component: component, ...target } = body;
      rows.set(port, { name, component, ...target });
      return say(200, null, { conn_port: port });
    }
    case "DELETE /api/1/ipam/portmap":
      return rows.delete(body.conn_port) ? say(200, null) : say(500, "Unable to find iptable rule");
    case "GET /api/1/ipam/addr": {
      const content: Record<string, { component: string; routable: boolean | null; addr: string[] }> = {};
      for (const { name, component, target_addr } of rows.values()) {
        if (like(name, query.get("name")))
          content[name] = { component, routable: name === "win10" ? true : null, addr: [target_addr] };
      }
      return say(200, null, content);
    }
  }
  res.writeHead(405).end();
}

/** A token of the form that a gateway gives; nobody here verifies it. */
export function someToken(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "HS256", typ: "JWT" })}.${part({ iss: "https://vlab", ...claims })}.c2lnbmF0dXJl`;
}
