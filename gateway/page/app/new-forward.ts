/** The request for a new forward, from the fields of the dialog. The gateway checks the values. Pure. */
import { defined } from "../../../base/defined.js";

export const FIELDS = [
  "target_name",
  "target_addr",
  "target_component",
  "target_port",
  "protocol",
  "conn_port",
  "expires_in",
  "sources",
] as const;
export type Field = (typeof FIELDS)[number];

const PORTS: Readonly<Record<string, number>> = { windows: 3389, winserver: 3389, centos: 22, onefs: 8080 };

/** The port of a machine's usual service, by its type. */
export const usualPort = (component: string): number | undefined => PORTS[component.trim().toLowerCase()];

/** Fields that were left empty are left out: the gateway's own defaults hold. Text that is no number goes as it is. */
export function newForward(value: (field: Field) => string): Record<string, unknown> {
  const number = (text: string) => (/^[0-9]{1,9}$/.test(text) ? Number(text) : text);
  const [connPort, seconds, sources] = [value("conn_port"), value("expires_in"), value("sources")];
  const port = number(value("target_port"));
  const given = <T>(text: string, read: (text: string) => T) => (text === "" ? undefined : read(text));
  return defined({
    target_name: value("target_name"),
    target_addr: value("target_addr"),
    target_component: value("target_component") || (port === 3389 ? "Windows" : "machine"),
    target_port: port,
    protocol: value("protocol"),
    conn_port: given(connPort, number),
    expires_in: given(seconds, (text) => (text === "never" ? null : number(text))),
    sources: given(sources, blocks),
  });
}

function blocks(text: string): string[] {
  const words = text.split(/[\s,;]+/).filter((word) => word !== "");
  return words.length === 1 && words[0]?.toLowerCase() === "anywhere" ? [] : words;
}
