/**
 * `ssl_cert_crt`, `ssl_cert_key` and `ssl_cert_generate`, which make sense only together. As in Apyfal, only
 * `ssl_cert_crt = False` means plain HTTP. Apyfal's documentation says the same of `ssl_cert_generate = False`, but
 * that is wrong.
 */
import { literalFlag, localPathOf } from "./literal.js";
import type { Outcome } from "./outcome.js";
import type { Setting } from "./settings.js";

/** Where Apyfal stores its generated certificate, and where its clients look by default. */
const GENERIC = { ssl_cert_crt: "~/.ssh/ApyfalCertificate.crt", ssl_cert_key: "~/.ssh/ApyfalCertificate.key" } as const;

const STAYS_ENCRYPTED =
  "ssl_cert_generate = False does not turn TLS off: the hosts get a certificate; for plain HTTP write ssl_cert_crt: false";

interface KeyOutcome {
  readonly from: readonly Setting[];
  readonly outcome: Outcome;
}

export function certificateKeys(given: readonly Setting[], rebase: (path: string) => string): readonly KeyOutcome[] {
  const find = (key: string) => given.find((setting) => setting.key === key);
  const [crt, key, generate] = [find("ssl_cert_crt"), find("ssl_cert_key"), find("ssl_cert_generate")];
  if (crt !== undefined && literalFlag(crt.value) === false) return plainHttp(crt, key, generate);
  const isGenerated = generate === undefined ? undefined : literalFlag(generate.value);
  if (generate !== undefined && isGenerated === undefined) {
    const bad: KeyOutcome = { from: [generate], outcome: { none: "is neither True nor False" } };
    return [
      bad,
      ...certificateKeys(
        given.filter((setting) => setting !== generate),
        rebase,
      ),
    ];
  }
  if (crt === undefined && key === undefined) {
    if (generate === undefined) return [];
    if (isGenerated === false) return [{ from: given, outcome: { remark: STAYS_ENCRYPTED } }];
    const remark = "Apyfal's own certificate goes on being used, so that its clients need no other";
    return [{ from: given, outcome: { keys: { ...GENERIC, ssl_cert_generate: true }, remark } }];
  }
  const [crtPath, keyPath] = [crt, key].map((setting) => setting && localPathOf(setting.value));
  if (crt !== undefined && crtPath === undefined) return fetchFirst(given);
  if (key !== undefined && keyPath === undefined) return fetchFirst(given);
  const both = {
    ssl_cert_crt: crtPath === undefined ? undefined : rebase(crtPath),
    ssl_cert_key: keyPath === undefined ? undefined : rebase(keyPath),
  };
  if (crt === undefined || key === undefined) {
    // Apyfal expects the other half at its usual place, but only when it generates the pair.
    if (isGenerated !== true) {
      return [{ from: given, outcome: { none: "both ssl_cert_crt and ssl_cert_key are required; write the two" } }];
    }
    const remark = "the other half of the certificate is where Apyfal puts it, in ~/.ssh";
    const keys = {
      ssl_cert_crt: both.ssl_cert_crt ?? GENERIC.ssl_cert_crt,
      ssl_cert_key: both.ssl_cert_key ?? GENERIC.ssl_cert_key,
    };
    return [{ from: given, outcome: { keys: { ...keys, ssl_cert_generate: true }, remark } }];
  }
  // Without the key, Apyfal generates nothing: the pair must exist.
  return [{ from: given, outcome: { keys: { ...both, ssl_cert_generate: isGenerated === true } } }];
}

function plainHttp(crt: Setting, key: Setting | undefined, generate: Setting | undefined): KeyOutcome[] {
  const spare = [key, generate].flatMap((setting) => setting ?? []);
  return [
    {
      from: [crt],
      outcome: {
        keys: { ssl_cert_crt: false },
        remark: "plain HTTP: whoever is on the way reads and changes everything, the token too",
      },
    },
    ...spare.map(
      (setting): KeyOutcome => ({ from: [setting], outcome: { none: "without TLS there is no certificate" } }),
    ),
  ];
}

function fetchFirst(given: readonly Setting[]): KeyOutcome[] {
  return [{ from: given, outcome: { none: "a certificate at a URL is not read: fetch it, and name the two files" } }];
}
