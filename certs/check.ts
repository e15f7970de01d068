/** Checks a certificate's files and reports every finding, good or bad, without stopping at the first. */
import type { KeyObject } from "node:crypto";
import { defined } from "../base/defined.js";
import { Fault } from "../base/fault.js";
import { namesNotCovered } from "./errors.js";
import { isTaken } from "./files.js";
import { type CertificateFacts, daysLeft, fromFile, namesMissing } from "./inspect.js";
import { sortNames, WILDCARD } from "./names.js";
import { checkMatch, checkValidity, readCertificate, readPrivateKey } from "./store.js";

export interface Finding {
  readonly verdict: "ok" | "note" | "problem";
  /** Code of the Fault behind a problem. */
  readonly code?: string;
  readonly message: string;
  /** The correction, for the user to type. */
  readonly hint?: string;
}

/** @param o.names names beside "*" that the configuration requires. */
export async function checkCertificate(o: {
  readonly crt: string;
  readonly key: string;
  readonly names?: readonly string[];
  readonly now?: Date;
}): Promise<Finding[]> {
  const { crt, key, now = new Date() } = o;
  const findings: Finding[] = [];
  const ok = (message: string): number => findings.push({ verdict: "ok", message });

  let certificate: { pem: string; facts: CertificateFacts } | undefined;
  await judge(findings, async () => {
    certificate = await readCertificate(crt);
    ok(`certificate ${crt} can be read and holds no private key`);
  });
  if (certificate !== undefined) {
    const { facts } = certificate;
    await judge(findings, () => {
      checkValidity(fromFile(crt), facts, now);
      ok(`valid until ${facts.notAfter.toISOString().slice(0, 10)}, ${daysLeft(facts, now)} days`);
    });
    await judge(findings, () => {
      const { dns, ip } = sortNames(o.names ?? []);
      const wanted = [...dns, ...ip].filter((name) => name !== WILDCARD);
      const missing = namesMissing(facts, wanted);
      if (missing.length > 0) throw namesNotCovered(crt, missing);
      ok(coverage(facts));
    });
  }

  if (certificate !== undefined && !(await isTaken(key))) {
    const message = `there is no private key ${key}: this machine can verify hosts, not deploy them`;
    return [...findings, { verdict: "note", message }];
  }
  let keyObject: KeyObject | undefined;
  await judge(findings, async () => {
    keyObject = await readPrivateKey(key);
    ok(`private key ${key} is readable for its owner only`);
  });
  await judge(findings, () => {
    if (certificate === undefined || keyObject === undefined) return;
    checkMatch(crt, key, certificate.pem, keyObject);
    ok("the certificate was made for this private key");
  });
  return findings;
}

/** One line with the hosts that a certificate covers. */
export function coverage(facts: CertificateFacts): string {
  if (facts.isWildcardOnly) return "made out to *: speaks for any host, to those who trust exactly this certificate";
  const names = [...facts.dnsNames, ...facts.ipNames].filter((name) => name !== WILDCARD);
  if (names.length === 0) return "made out to no name: no host can be verified with it";
  const levels = names.some((name) => name.startsWith("*.")) ? " (a leading * stands for one level)" : "";
  return `made out to ${names.join(", ")}${levels}: host names are checked`;
}

async function judge(findings: Finding[], check: () => void | Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { code, message, hint } = error;
    findings.push(defined({ verdict: "problem", code, message, hint }));
  }
}
