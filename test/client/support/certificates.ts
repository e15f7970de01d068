/** Certificates for tests: ours are issued by the kit, everybody else's by openssl. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspectCertificate } from "../../../certs/inspect.js";
import { type IssuedCertificate, type IssueOptions, issueCertificate } from "../../../certs/issue.js";
import type { Trust } from "../../../client/tls/trust.js";
import { runOk } from "../../support/run.js";

const DAY = 86_400_000;

/** Making a key costs a sixth of a second. One certificate and the next are never of the same key. */
const keys: Promise<string>[] = [];
let turn = 0;

async function issue(options: Omit<IssueOptions, "commonName" | "key">): Promise<IssuedCertificate> {
  const place = turn++ % 3;
  const fresh = () => issueCertificate({ commonName: "accelerator" }).then(({ key }) => key);
  keys[place] ??= fresh();
  return issueCertificate({ commonName: "accelerator", key: await keys[place], ...options });
}

export const wildcard = (): Promise<IssuedCertificate> => issue({});

export const named = (...names: string[]): Promise<IssuedCertificate> => issue({ names });

export const expired = (): Promise<IssuedCertificate> => issue({ days: 10, now: new Date(Date.now() - 11 * DAY) });

/** Trust as if the clock had allowed it: for peers whose certificate went out of date after it was pinned. */
export function pinned(cert: string): Trust {
  const facts = inspectCertificate(cert);
  return { kind: "pinned", pem: cert, facts, checkHostName: !facts.isWildcardOnly };
}

/** A CA of somebody's own, and a server certificate that it issued. */
export async function issuedByCa(dir: string, names: string): Promise<{ root: string; leaf: IssuedCertificate }> {
  const at = (name: string) => join(dir, name);
  const subject = (cn: string) => ["-subj", `/CN=${cn}`];
  const { readFile } = await import("node:fs/promises");
  await runOk("openssl", [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", ...subject("Own CA")],
    ...["-addext", "keyUsage=critical,keyCertSign"],
    ...["-keyout", at("ca.key"), "-out", at("ca.crt")],
  ]);
  await runOk("openssl", [
    ...["req", "-newkey", "rsa:2048", "-nodes", ...subject("host")],
    ...["-keyout", at("leaf.key"), "-out", at("leaf.csr")],
  ]);
  await writeFile(at("leaf.ext"), `subjectAltName=${names}\nbasicConstraints=CA:FALSE\n`);
  await runOk("openssl", [
    ...["x509", "-req", "-in", at("leaf.csr"), "-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-CAcreateserial"],
    ...["-days", "30", "-extfile", at("leaf.ext"), "-out", at("leaf.crt")],
  ]);
  const text = (name: string) => readFile(at(name), "utf8");
  return { root: await text("ca.crt"), leaf: { cert: await text("leaf.crt"), key: await text("leaf.key") } };
}
