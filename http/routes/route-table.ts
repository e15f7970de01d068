/** Finds the route of a request. The only user of find-my-way. Pure. */
import findMyWay from "find-my-way";
import { pathParameters, templateOf } from "./path-template.js";
import type { Route, RouteParams } from "./route.js";

/** A path, and all methods that it has. */
interface Resource<R extends Route> {
  /** Of metrics: one of few names, whatever clients send. */
  readonly label: string;
  /** In the order of the table. */
  readonly routes: readonly R[];
  /** Value of the `Allow` header. */
  readonly allow: string;
}

/** What the table knows about a request. */
export type Match<R extends Route> =
  | { readonly kind: "route"; readonly route: R; readonly params: RouteParams; readonly resource: Resource<R> }
  | { readonly kind: "other-method"; readonly resource: Resource<R> }
  | { readonly kind: "unknown" }
  /** The percent-encoding is broken. */
  | { readonly kind: "malformed" };

export interface RouteTableOptions {
  /** Whether `/v1/x/` is `/v1/x`. @default false */
  readonly ignoreTrailingSlash?: boolean;
}

/** Label of paths that no route has. */
export const UNKNOWN_ROUTE = "other";

/** Stands for "%" while a path is matched: find-my-way would decode it. No request target can hold it. */
const ESCAPE = "\u0001";
/** What find-my-way names the rest of a path. */
const REST = "*";
const MAX_PARAM_LENGTH = 16 * 1024;
const UNKNOWN = "unknown";
const MALFORMED = "malformed";
const UNKNOWN_MATCH = { kind: UNKNOWN } as const;
const MALFORMED_MATCH = { kind: MALFORMED } as const;

interface Node<R extends Route> extends Resource<R> {
  readonly byMethod: ReadonlyMap<string, R>;
  /** Name of the parameter that takes the rest of the path. */
  readonly rest: string | undefined;
}

export class RouteTable<R extends Route> {
  readonly #router: findMyWay.Instance<findMyWay.HTTPVersion.V1>;

  /** @throws Error where two routes have the same method and path. */
  constructor(
    readonly routes: readonly R[],
    { ignoreTrailingSlash = false }: RouteTableOptions = {},
  ) {
    this.#router = findMyWay({ ignoreTrailingSlash, maxParamLength: MAX_PARAM_LENGTH });
    const byPath = new Map<string, R[]>();
    for (const route of routes) {
      const same = byPath.get(route.path);
      if (same === undefined) byPath.set(route.path, [route]);
      else same.push(route);
    }
    for (const [path, same] of byPath) {
      const node = nodeOf(path, same);
      const [first] = same;
      for (const spelling of [path, ...new Set(same.flatMap(({ aliases = [] }) => aliases))]) {
        // One entry for all methods: a single search also answers which methods there are.
        this.#router.on("GET", templateOf(spelling, first?.params), () => undefined, node);
      }
    }
  }

  /** @param path as it was sent, without its query. */
  find(method: string, path: string): Match<R> {
    const found = this.#search(path);
    if (found === UNKNOWN) return UNKNOWN_MATCH;
    if (found === MALFORMED) return MALFORMED_MATCH;
    const { node, params } = found;
    const route = node.byMethod.get(method);
    if (route === undefined) return { kind: "other-method", resource: node };
    return { kind: "route", route, params, resource: node };
  }

  /** Label of a path in metrics. */
  labelOf(path: string): string {
    const found = this.#search(path);
    return typeof found === "string" ? UNKNOWN_ROUTE : found.node.label;
  }

  /**
   * A path is first matched as it was sent, so that an escaped "/" separates nothing. An escaped letter is that letter
   * (RFC 3986, 6.2.2.2), so what then is unknown is matched decoded; except by routes that take the rest of the path,
   * whose handlers rely on its beginning.
   */
  #search(path: string) {
    // find-my-way takes the first "/" for granted.
    if (!path.startsWith("/")) return UNKNOWN;
    if (!path.includes("%")) {
      const hit = this.#router.find("GET", path);
      return hit === null ? UNKNOWN : accept(hit.store as Node<R>, hit.params);
    }
    const sent = this.#router.find("GET", path.replaceAll("%", ESCAPE));
    if (sent !== null) return decode(sent.store as Node<R>, sent.params);
    if (!isDecodable(path)) return MALFORMED;
    const hit = this.#router.find("GET", path);
    const node = hit?.store as Node<R> | undefined;
    return hit === null || node === undefined || node.rest !== undefined ? UNKNOWN : accept(node, hit.params);
  }
}

type Raw = Readonly<Record<string, string | undefined>>;

function accept<R extends Route>(node: Node<R>, params: Raw) {
  // find-my-way lets a parameter be empty: `/v1/jobs/` is not a job.
  for (const name in params) if (params[name] === "" && name !== REST) return UNKNOWN;
  if (node.rest === undefined) return { node, params: params as RouteParams };
  const named: Record<string, string> = {};
  for (const name in params) named[name === REST ? node.rest : name] = params[name] ?? "";
  return { node, params: named };
}

function decode<R extends Route>(node: Node<R>, raw: Raw) {
  const params: Record<string, string> = {};
  for (const [name, value = ""] of Object.entries(raw)) {
    const sent = value.replaceAll(ESCAPE, "%");
    if (name === REST) params[name] = sent;
    else if (isDecodable(sent)) params[name] = decodeURIComponent(sent);
    else return MALFORMED;
  }
  return accept(node, params);
}

function nodeOf<R extends Route>(path: string, routes: readonly R[]): Node<R> {
  const byMethod = new Map<string, R>();
  for (const route of routes) {
    const { method, head = true } = route;
    if (byMethod.has(method)) throw new Error(`two routes are ${method} ${path}`);
    byMethod.set(method, route);
    if (method === "GET" && head) byMethod.set("HEAD", route);
  }
  const metric = routes.find((route) => route.metric !== undefined)?.metric;
  return {
    label: metric ?? path.replace("...}", "}"),
    routes,
    allow: [...byMethod.keys()].join(", "),
    byMethod,
    rest: pathParameters(path).find(({ rest }) => rest)?.name,
  };
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
