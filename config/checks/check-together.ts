/** Checks keys against each other: contradictions are errors, and risky choices get a warning. */
import { Address, bitsOf } from "../../net/address.js";
import { certificateWithoutKey, generateWithoutTls, wrongValue } from "../errors.js";
import type { Merged } from "../merge.js";
import { pointerStep } from "../origin.js";
import type { ConfigKey } from "../schema.js";
import { checkHosts, warnHosts } from "./check-hosts.js";
import { checkTags } from "./check-tags.js";

/** @throws Fault for a contradiction. */
export function checkTogether(merged: Merged): void {
  checkCaller(merged);
  checkCertificate(merged);
  checkHosts(merged);
  checkTags(merged);
}

/** An address, or an address with a prefix length. The firewall room decides whether it may open a port. */
function isAddressOrBlock(text: string): boolean {
  const [, written = "", prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text.trim()) ?? [];
  const address = Address.parse(written);
  return address !== undefined && Number(prefix ?? 0) <= (address.wasMapped ? 128 : bitsOf(address.family));
}

function checkCaller({ values, sources }: Merged): void {
  const { caller = "auto" } = values;
  if (caller === "auto") return;
  for (const [index, text] of [caller].flat().entries()) {
    if (isAddressOrBlock(text)) continue;
    const pointer = typeof caller === "string" ? "/caller" : `/caller${pointerStep(index)}`;
    const path = typeof caller === "string" ? "caller" : `caller[${index}]`;
    const expected =
      text === "auto"
        ? 'must stand alone: write "caller: auto"'
        : 'must be an address or a CIDR such as "203.0.113.7/32"';
    throw wrongValue(sources.caller?.where(pointer) ?? "caller", path, text, expected);
  }
}

function checkCertificate({ values, origins }: Merged): void {
  const given = (key: ConfigKey) => origins[key].layer !== "default";
  const crt = "ssl_cert_crt";
  const key = "ssl_cert_key";
  if (values.ssl_cert_crt === false) {
    const together = origins.ssl_cert_generate.layer === origins[crt].layer;
    if (values.ssl_cert_generate === true && together) throw generateWithoutTls(origins.ssl_cert_generate.where);
    return;
  }
  if (given(crt) && !given(key)) throw certificateWithoutKey(crt, origins[crt].where, key);
  if (given(key) && !given(crt)) throw certificateWithoutKey(key, origins[key].where, crt);
}

const firewallOptions = [
  "profile",
  "enable_public_http",
  "disable_public_ingress",
  "firewall",
  "ingress",
] as const satisfies readonly ConfigKey[];

/** Warnings, each with the place that it is about. */
export function warnTogether(merged: Merged): string[] {
  const { values, origins } = merged;
  const warnings = warnHosts(merged);
  const say = (key: ConfigKey, text: string) => warnings.push(`${origins[key].where}: ${text}`);
  if (values.ssl_cert_crt === false) {
    say(
      "ssl_cert_crt",
      "ssl_cert_crt is false: plain HTTP, everything that is sent can be read and changed on the way",
    );
    if (values.auth !== "none") say("ssl_cert_crt", "the bearer token travels in clear text too");
  } else if (values.ssl_cert_generate === false && origins.ssl_cert_crt.layer === "default") {
    say(
      "ssl_cert_generate",
      "ssl_cert_generate: false does not mean plain HTTP, only that the certificate must exist; for plain HTTP write ssl_cert_crt: false",
    );
  }
  if (values.auth === "none") say("auth", "auth is none: whoever reaches the hosts can use them without a token");
  const agentPort = values.ssl_cert_crt === false ? 80 : 443;
  // With firewall options, only the rule table knows what is open.
  const isOnlyWay = values.security_group === undefined && firewallOptions.every((key) => values[key] === undefined);
  if (isOnlyWay && !(values.allow_ports ?? []).includes(agentPort)) {
    say("allow_ports", `allow_ports has no ${agentPort}: nobody will reach the hosts' files and API`);
  }
  return warnings;
}
