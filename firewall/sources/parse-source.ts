/** Parses a source as users write it: `faculty:https://…`, `json:…#/pointer`, `file:…`, `dns:…`, `aws:…`, `caller`. */

import { defined } from "../../base/defined.js";
import { nearest } from "../../base/text/nearest.js";
import { isSecureUrl } from "../secure-url.js";
import { FACULTY_PATH } from "./faculty.js";
import * as faults from "./faults.js";
import { parsePointerFragment } from "./json-pointer.js";
import type { ListSource } from "./list-source.js";

const KINDS = ["faculty", "json", "file", "dns", "aws", "caller"] as const;

/**
 * @throws Fault (exit status 2) that says what to write instead.
 * @example parseSource("faculty:https://example.my.faculty.ai")
 */
export function parseSource(text: string): ListSource {
  if (text === "caller") return { kind: "caller", name: text };
  const [, scheme, rest = ""] = /^([a-z]+):(.*)$/s.exec(text) ?? [];
  switch (scheme) {
    case "faculty":
      return parseFaculty(text, rest);
    case "json":
      return parseJsonSource(text, rest);
    case "file":
      if (rest === "") throw faults.incomplete(text, "file:allowed.txt");
      return { kind: "file", path: rest, name: text };
    case "dns":
      return { kind: "dns", host: hostName(text, rest), name: text };
    case "aws":
      return parseAws(text, rest);
    default:
      throw faults.unknownKind(text, suggestion(text));
  }
}

function parseFaculty(text: string, rest: string): ListSource {
  if (rest === "") throw faults.incomplete(text, "faculty:https://example.my.faculty.ai");
  // The documented address is https://[domain-name].my.faculty.ai/api/cluster/ip-addresses.
  const url = /^[a-z0-9-]+$/i.test(rest) ? new URL(`https://${rest}.my.faculty.ai/`) : listUrl("faculty", rest);
  if (url.pathname === "/") url.pathname = FACULTY_PATH;
  url.hash = "";
  return { kind: "faculty", url: url.href, name: nameOf("faculty", url) };
}

function parseJsonSource(text: string, rest: string): ListSource {
  const hash = rest.indexOf("#");
  const location = hash === -1 ? rest : rest.slice(0, hash);
  const fragment = hash === -1 ? "" : rest.slice(hash + 1);
  if (location === "") throw faults.incomplete(text, "json:https://example.com/list.json#/addresses");
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(location);
  const url = isUrl ? listUrl("json", location) : undefined;
  const name = url === undefined ? text : `${nameOf("json", url)}${hash === -1 ? "" : `#${fragment}`}`;
  const pointer = parsePointerFragment(fragment);
  if (pointer === undefined) throw faults.badPointer(name, fragment);
  return url === undefined
    ? { kind: "json", path: location, pointer, name }
    : { kind: "json", url: url.href, pointer, name };
}

function parseAws(text: string, rest: string): ListSource {
  const [service = "", region, ...more] = rest.split("/");
  if (service === "" || region === "" || more.length > 0)
    throw faults.incomplete(text, "aws:ROUTE53_HEALTHCHECKS/us-east-1");
  return defined({ kind: "aws", service, region, name: text });
}

/** An https URL; plain http only to this machine. */
export function listUrl(kind: string, text: string): URL {
  if (!URL.canParse(text)) throw faults.badUrl(`${kind}:${text}`);
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw faults.userInUrl(nameOf(kind, url));
  if (!isSecureUrl(url)) throw faults.badUrl(nameOf(kind, url));
  return url;
}

/** Leaves out the parts that may be secret: user, password and query. */
function nameOf(kind: string, url: URL): string {
  return `${kind}:${url.protocol}//${url.host}${url.pathname}${url.search === "" ? "" : "?..."}`;
}

function hostName(text: string, name: string): string {
  const labels = name.replace(/\.$/, "").split(".");
  const isName = labels.every((label) => /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i.test(label)) && name.length <= 254;
  // A name that ends in a number is meant as an address.
  if (!isName || /^\d+$/.test(labels.at(-1) ?? "")) throw faults.badHostName(text);
  return name;
}

function suggestion(text: string): string | undefined {
  if (/^https?:\/\//i.test(text)) return text.endsWith(FACULTY_PATH) ? `faculty:${text}` : `json:${text}`;
  const colon = text.indexOf(":");
  if (colon === -1) return nearest(text, ["caller"]);
  const kind = nearest(text.slice(0, colon).toLowerCase(), KINDS);
  return kind === undefined || kind === "caller" ? kind : `${kind}${text.slice(colon)}`;
}
