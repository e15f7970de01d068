/** `sallyport certs create|show|share|install|verify` and `sallyport keys create|show`. */
import { join, resolve } from "node:path";
import { defined } from "../../../base/defined.js";
import { EXIT } from "../../../base/fault.js";
import { escapeControls } from "../../../base/text/escape.js";
import type { Context, Register } from "../../context.js";

export const register: Register = (program, wrap) => {
  const certs = program.command("certs").description("create, show, share and check the TLS certificate of your hosts");
  certs
    .command("create")
    .description("create the certificate and its key, unless a pair exists")
    .option("--name <name...>", 'DNS names or IP addresses besides "*" (default: ssl_cert_names)')
    .option("--renew", "rename the existing pair to *.old and create a new one")
    .addHelpText(
      "after",
      `
Examples:
  $ sallyport certs create
  $ sallyport certs create --name fpga.example.com --name 203.0.113.7
  $ sallyport certs create --renew            then deploy again and share the new certificate`,
    )
    .action(wrap<[{ name?: string[]; renew?: boolean }]>(create));
  certs
    .command("show [crt]")
    .description("print the names, fingerprint and remaining days of a certificate")
    .addHelpText("after", "\nExamples:\n  $ sallyport certs show\n  $ sallyport certs show team.crt --json")
    .action(wrap<[string | undefined]>(show));
  certs
    .command("share [crt]")
    .description("print the public certificate, for other users of the same hosts")
    .addHelpText(
      "after",
      `
Never prints a private key; refuses a file that contains one.

Examples:
  $ sallyport certs share > team.crt
  $ sallyport certs share | ssh friend sallyport certs install -`,
    )
    .action(wrap<[string | undefined]>(share));
  certs
    .command("install <file>")
    .description('trust a certificate that another user shared; "-" reads stdin')
    .option("--fingerprint <sha256>", "refuse a certificate with another fingerprint")
    .option("--to <file>", "file to write (default: ssl_cert_crt)")
    .option("--replace", "replace the existing certificate")
    .addHelpText(
      "after",
      `
Examples:
  $ sallyport certs install team.crt --fingerprint 6B:0E:…
  $ sallyport certs install - < team.crt
  $ sallyport certs install team.crt --to ~/.ssh/team.crt`,
    )
    .action(wrap<[string, InstallFlags]>(install));
  certs
    .command("verify [crt] [key]")
    .description("check that the files are readable, private, a pair, valid, and cover the configured names")
    .addHelpText(
      "after",
      "\nExamples:\n  $ sallyport certs verify\n  $ sallyport certs verify team.crt team.key --json",
    )
    .action(wrap<[string | undefined, string | undefined]>(verify));

  const keys = program.command("keys").description("create and show the SSH key pair of your hosts");
  keys
    .command("create [name]")
    .description("create ~/.ssh/<name>.pem and .pub, unless a pair exists")
    .option("--type <type>", "rsa or ed25519 (default: key_type)")
    .addHelpText("after", "\nExamples:\n  $ sallyport keys create\n  $ sallyport keys create team --type ed25519")
    .action(wrap<[string | undefined, { type?: string }]>(createKeys));
  keys
    .command("show [name]")
    .description("print the public key, its fingerprint and the paths of the files")
    .addHelpText("after", "\nExamples:\n  $ sallyport keys show\n  $ sallyport keys show team --json")
    .action(wrap<[string | undefined]>(showKeys));
};

interface InstallFlags {
  readonly fingerprint?: string;
  readonly to?: string;
  readonly replace?: boolean;
}

async function create(context: Context, flags: { name?: string[]; renew?: boolean }): Promise<void> {
  const { certificateLines } = await import("../../../certs/certificate-text.js");
  const { config } = await context.config(
    flags.name === undefined ? {} : { ssl_cert_names: { flag: "--name", value: flags.name } },
  );
  const { crt, key } = await configuredPair(context);
  const { ensureCertificate } = await import("../../../certs/store.js");
  const { retireCertificate } = await import("../../../certs/renew.js");
  const retired = flags.renew === true ? await retireCertificate(crt, key) : [];
  for (const path of retired) context.note(`kept the old file as ${path}`);
  const made = await ensureCertificate({
    crt,
    key,
    generate: true,
    names: config.ssl_cert_names,
    commonName: config.name,
  });
  context.print({ created: made.created, crt, key, retired, certificate: made.facts }, ({ created }) =>
    [created ? `made ${crt}` : `kept the existing ${crt}`, ...certificateLines(made.facts), `private key  ${key}`].join(
      "\n",
    ),
  );
}

async function show(context: Context, given: string | undefined): Promise<void> {
  const { certificateLines } = await import("../../../certs/certificate-text.js");
  const { crt } = await chosenPair(context, given);
  const { readCertificate } = await import("../../../certs/store.js");
  const { coverage } = await import("../../../certs/check.js");
  const { daysLeft } = await import("../../../certs/inspect.js");
  const { facts } = await readCertificate(crt);
  const value = { crt, ...facts, daysLeft: daysLeft(facts, new Date()), coverage: coverage(facts) };
  context.print(value, () =>
    [
      crt,
      ...certificateLines(facts),
      `days left    ${value.daysLeft}`,
      `issued by    ${facts.selfSigned ? "itself" : escapeControls(facts.issuer)}`,
      `serial       ${facts.serial}`,
      escapeControls(value.coverage),
    ].join("\n"),
  );
}

async function share(context: Context, given: string | undefined): Promise<void> {
  const { crt } = await chosenPair(context, given);
  const { shareCertificate } = await import("../../../certs/share.js");
  const shared = await shareCertificate({ crt });
  context.print(shared, ({ text }) => text.trimEnd());
  context.note(`send the fingerprint to the receiver separately from this text; they run:\n  ${shared.command}`);
}

async function install(context: Context, file: string, flags: InstallFlags): Promise<void> {
  const { certificateLines } = await import("../../../certs/certificate-text.js");
  const pair = flags.to === undefined ? await configuredPair(context) : beside(resolve(context.cwd, flags.to));
  const { installCertificate } = await import("../../../certs/share.js");
  const { readCertificateText } = await import("../../../certs/files.js");
  const source = await readCertificateText(file === "-" ? context.stdin : resolve(context.cwd, file));
  const { crt, facts, changed } = await installCertificate({
    ...source,
    ...pair,
    replace: flags.replace === true,
    ...defined({ fingerprint: flags.fingerprint }),
  });
  context.print({ crt, changed, certificate: facts }, () =>
    [changed ? `installed ${crt}` : `${crt} was already installed`, ...certificateLines(facts)].join("\n"),
  );
  if (flags.fingerprint === undefined)
    context.warn("compare this fingerprint with its creator's before you use the certificate");
}

async function verify(context: Context, crt: string | undefined, key: string | undefined): Promise<number> {
  const { findingText } = await import("../../../certs/certificate-text.js");
  const { checkCertificate } = await import("../../../certs/check.js");
  const pair = await chosenPair(context, crt, key);
  // The configured names apply only to the configured certificate.
  const names = crt === undefined ? (await context.config()).config.ssl_cert_names : [];
  const findings = await checkCertificate({ ...pair, names });
  const problems = findings.filter(({ verdict }) => verdict === "problem").length;
  context.print({ ...pair, problems, findings }, () => escapeControls(findings.map(findingText).join("\n")));
  return problems === 0 ? EXIT.ok : EXIT.failure;
}

async function createKeys(context: Context, name: string | undefined, { type }: { type?: string }): Promise<void> {
  const { keyPairLines } = await import("../../../certs/certificate-text.js");
  const { config } = await context.config({
    key_pair: { flag: "NAME", value: name },
    key_type: { flag: "--type", value: type },
  });
  const { ensureKeyPair } = await import("../../../certs/key-pair.js");
  const { localPairName } = await import("../../../certs/login-key.js");
  const pair = await ensureKeyPair({
    name: localPairName(config.key_pair),
    type: config.key_type,
    dir: await sshDir(context),
  });
  context.print(pair, ({ created, privatePath }) =>
    [created ? `made ${privatePath}` : `kept the existing ${privatePath}`, ...keyPairLines(pair)].join("\n"),
  );
}

async function showKeys(context: Context, name: string | undefined): Promise<void> {
  const { keyPairLines } = await import("../../../certs/certificate-text.js");
  const { config } = await context.config({ key_pair: { flag: "NAME", value: name } });
  const { loadKeyPair } = await import("../../../certs/key-pair.js");
  const { localPairName } = await import("../../../certs/login-key.js");
  const pair = await loadKeyPair({ name: localPairName(config.key_pair), dir: await sshDir(context) });
  context.print(pair, () => [pair.privatePath, ...keyPairLines(pair)].join("\n"));
}

interface Pair {
  readonly crt: string;
  readonly key: string;
}

async function chosenPair(context: Context, crt: string | undefined, key?: string): Promise<Pair> {
  if (crt === undefined) return configuredPair(context);
  const pair = beside(resolve(context.cwd, crt));
  return key === undefined ? pair : { ...pair, key: resolve(context.cwd, key) };
}

/** A certificate and the key with the same name. */
function beside(crt: string): Pair {
  return { crt, key: `${crt.replace(/\.(?:crt|pem|cer)$/, "")}.key` };
}

async function configuredPair(context: Context): Promise<Pair> {
  const { config } = await context.config();
  if (config.ssl_cert_crt !== false) return { crt: config.ssl_cert_crt, key: config.ssl_cert_key };
  const { httpsDisabled } = await import("../../../certs/errors.js");
  throw httpsDisabled();
}

async function sshDir({ env }: Context): Promise<string> {
  const { homeOf } = await import("../../../base/home.js");
  return join(homeOf(env), ".ssh");
}
