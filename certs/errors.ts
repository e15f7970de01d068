/** The errors of certificates, keys and tokens, each with a remedy. */
import { EXIT, errno, Fault, quote } from "../base/fault.js";
import { BEARER_TOKEN_RULE } from "../base/text/bearer-token.js";
import { shellWord } from "../base/text/shell.js";

const day = (date: Date): string => date.toISOString().slice(0, 10);

/** Files. */

export const fileMissing = (what: string, path: string, hint: string): Fault =>
  new Fault("certs/missing", `there is no ${what} ${quote(path)}`, { hint, exit: EXIT.notFound });

export const notAFile = (what: string, path: string): Fault =>
  new Fault("certs/not-a-file", `${what} ${quote(path)} is not a regular file`, {
    hint: "name a file, or move away what lies there",
  });

export const unreadable = (what: string, path: string, cause: unknown): Fault =>
  new Fault("certs/unreadable", `${what} ${quote(path)} cannot be read by this user`, {
    hint: `look with "ls -l ${shellWord(path)}"; the file must belong to you`,
    cause,
  });

export const unwritable = (what: string, path: string, cause: unknown): Fault =>
  new Fault("certs/unwritable", `${what} ${quote(path)} cannot be written (${errno(cause) ?? String(cause)})`, {
    hint:
      errno(cause) === "EROFS"
        ? "this file system is read-only: choose another place with key_pair, ssl_cert_crt, ssl_cert_key and auth_token_file"
        : "check that its directory belongs to you and that the disk has room; nothing was left half-made",
    cause,
  });

export const noPermissions = (what: string, path: string, mode: number): Fault =>
  new Fault(
    "certs/no-permissions",
    `${what} ${quote(path)} cannot be closed to other users: its file system keeps no permissions (mode ${octal(mode)})`,
    {
      hint: "mount it with umask=077, or choose a place on another one with key_pair, ssl_cert_crt, ssl_cert_key and auth_token_file",
    },
  );

export const tooOpen = (what: string, path: string, mode: number): Fault =>
  new Fault("certs/too-open", `${what} ${quote(path)} is open to other users (mode ${octal(mode)})`, {
    hint: `chmod 600 ${shellWord(path)}; where that changes nothing, the file system keeps no permissions: mount it with umask=077`,
  });

export const tooLarge = (what: string, path: string, limit: number): Fault =>
  new Fault("certs/too-large", `${what} ${quote(path)} is larger than ${limit} bytes`, {
    hint: "this is some other file; check the path",
  });

/** Content of the files. */

export const notACertificate = (from: string, cause?: unknown): Fault =>
  new Fault("certs/not-a-certificate", `${from} holds no certificate in PEM form`, {
    hint: 'a certificate starts with the line "-----BEGIN CERTIFICATE-----"',
    cause,
  });

export const holdsPrivateKey = (from: string): Fault =>
  new Fault("certs/private-key-inside", `${from} holds a private key; a certificate file is public and must not`, {
    hint: "keep the key in a file of its own with mode 600, and only the CERTIFICATE blocks here",
  });

export const notAPrivateKey = (what: string, path: string, cause?: unknown): Fault =>
  new Fault("certs/not-a-key", `${what} ${quote(path)} holds no private key that can be read`, {
    hint: 'a private key in PEM form starts with a line such as "-----BEGIN PRIVATE KEY-----"',
    cause,
  });

export const keyEncrypted = (what: string, path: string, command: string): Fault =>
  new Fault(
    "certs/key-encrypted",
    `${what} ${quote(path)} is protected by a passphrase, which nobody can type on a host`,
    {
      hint: command,
    },
  );

export const keyUnsuitable = (path: string, found: string): Fault =>
  new Fault(
    "certs/key-unsuitable",
    `private key ${quote(path)} is ${found}; a certificate is made for RSA of 2048 bits or more`,
    {
      hint: "move the key away to have a new pair made, or bring a certificate for it",
    },
  );

/** The pair. */

export const keyWithoutCertificate = (crt: string, key: string): Fault =>
  new Fault("certs/no-certificate", `there is a private key ${quote(key)} but no certificate ${quote(crt)}`, {
    hint: `put the certificate there, or set "ssl_cert_generate: true" to have one made for this key`,
    exit: EXIT.notFound,
  });

export const certificateWithoutKey = (crt: string, key: string): Fault =>
  new Fault("certs/no-key", `there is a certificate ${quote(crt)} but no private key ${quote(key)}`, {
    hint: `a deployment needs both: put the key there, or move the certificate away ("mv ${shellWord(crt)} ${shellWord(`${crt}.old`)}") to have a new pair made`,
    exit: EXIT.notFound,
  });

export const pairMissing = (crt: string, key: string): Fault =>
  new Fault("certs/missing", `there is no certificate ${quote(crt)} and no private key ${quote(key)}`, {
    hint: `put both there, or set "ssl_cert_generate: true" to have them made`,
    exit: EXIT.notFound,
  });

export const mismatched = (crt: string, key: string): Fault =>
  new Fault("certs/mismatched", `certificate ${quote(crt)} was not made for private key ${quote(key)}`, {
    hint: "put the two files of one pair there, or move both away to have a new pair made",
    exit: EXIT.conflict,
  });

export const expired = (from: string, notAfter: Date, hint = RENEW): Fault =>
  new Fault("certs/expired", `the certificate in ${from} expired on ${day(notAfter)}`, { hint });

export const expiresSoon = (from: string, notAfter: Date, days: number, hint = RENEW): Fault =>
  new Fault(
    "certs/expires-soon",
    `the certificate in ${from} expires on ${day(notAfter)}, in ${days} ${days === 1 ? "day" : "days"}`,
    { hint },
  );

export const notYetValid = (from: string, notBefore: Date): Fault =>
  new Fault("certs/not-yet-valid", `the certificate in ${from} is not valid before ${notBefore.toISOString()}`, {
    hint: "check the clock of this machine",
  });

export const namesNotCovered = (crt: string, names: readonly string[]): Fault =>
  new Fault("certs/names-not-covered", `certificate ${quote(crt)} is not made out to ${names.map(quote).join(", ")}`, {
    hint: `run "sallyport certs create --renew" for a certificate with these names, or take them out of ssl_cert_names`,
    exit: EXIT.conflict,
  });

const RENEW =
  'run "sallyport certs create --renew", deploy again and share the new certificate; one from a CA is renewed there';

export const renewForeign = (from: string, issuer: string): Fault =>
  new Fault("certs/renew-foreign", `the certificate in ${from} is issued by ${quote(issuer)}, not by itself`, {
    hint: "renew it with its issuer and put the new files in place of the old",
    exit: EXIT.conflict,
  });

export const httpsDisabled = (): Fault =>
  new Fault("certs/https-disabled", "ssl_cert_crt is false: HTTPS is off and there is no certificate", {
    hint: "set ssl_cert_crt to a path, or name the file in the command",
    exit: EXIT.usage,
  });

/** Values. */

export const badName = (name: string): Fault =>
  new Fault("certs/bad-name", `certificate name ${quote(name)} is neither a DNS name nor an IP address`, {
    hint: 'write names such as "host.example.com", "*.example.com", "192.0.2.7" or "2001:db8::7"; non-ASCII names in their xn-- form',
    exit: EXIT.usage,
  });

export const badCommonName = (name: string): Fault =>
  new Fault("certs/bad-common-name", `common name ${quote(name)} does not fit a certificate`, {
    hint: "write 1 to 64 printable characters",
    exit: EXIT.usage,
  });

export const badValidity = (days: number): Fault =>
  new Fault("certs/bad-validity", `a certificate cannot be valid for ${days} days`, {
    hint: "write a whole number from 1 to 825; Apple's TLS refuses more",
    exit: EXIT.usage,
  });

export const badKeyPairName = (name: string): Fault =>
  new Fault("certs/bad-key-pair-name", `key pair name ${quote(name)} cannot be a file name and a name at AWS`, {
    hint: "write 1 to 128 letters, digits, dots, dashes and underscores, beginning with a letter or digit",
    exit: EXIT.usage,
  });

export const keyPairNameIsFile = (name: string, stem: string): Fault =>
  new Fault("certs/bad-key-pair-name", `key pair name ${quote(name)} is a file name`, {
    hint: `write ${quote(stem)}; the files are ${stem}.pem and ${stem}.pub`,
    exit: EXIT.usage,
  });

/** SSH key pairs. */

export const noPrivateKeyHere = (pair: string, path: string): Fault =>
  new Fault("certs/no-private-key-here", `no private key for key pair ${quote(pair)} found locally`, {
    hint: `put it at ${shellWord(path)} with mode 600, or name it: key_pair: { name: …, private_key: FILE }`,
    exit: EXIT.notFound,
  });

export const badPublicKey = (path: string): Fault =>
  new Fault("certs/bad-public-key", `public key ${quote(path)} is not one line of an RSA or ed25519 key`, {
    hint: "EC2 takes these two types; make one with: ssh-keygen -t ed25519",
    exit: EXIT.usage,
  });

export const notALocalPair = (what: string): Fault =>
  new Fault("certs/not-a-local-pair", `key_pair is ${what}, which is not made or kept by name here`, {
    hint: "name a pair: sallyport keys create NAME",
    exit: EXIT.usage,
  });

/** An older PEM format under a passphrase. */
export const keyTellsNothing = (privatePath: string, publicPath: string): Fault =>
  new Fault(
    "certs/key-tells-nothing",
    `private key ${quote(privatePath)} is under a passphrase, and its public half ${quote(publicPath)} is missing`,
    {
      hint: `write it: ssh-keygen -y -f ${shellWord(privatePath)} > ${shellWord(publicPath)}`,
      exit: EXIT.notFound,
    },
  );

export const keyNotInAgent = (identity: string, hasAgent: boolean): Fault =>
  new Fault(
    "certs/key-not-in-agent",
    `the private half of ${quote(identity)} is not open here, and ${hasAgent ? "ssh-agent does not have it" : "no ssh-agent runs"}`,
    {
      hint: `${hasAgent ? "" : 'start one: eval "$(ssh-agent)"; then '}add it: ssh-add ${shellWord(identity.replace(/\.pub$/, ""))}`,
      exit: EXIT.notFound,
    },
  );

export const privateHalfMissing = (publicPath: string, privatePath: string): Fault =>
  new Fault(
    "certs/no-private-half",
    `there is a public key ${quote(publicPath)} but no private key ${quote(privatePath)}`,
    {
      hint: "bring the private key from the machine that made the pair, or choose another key_pair",
      exit: EXIT.notFound,
    },
  );

export const halvesDiffer = (privatePath: string, publicPath: string): Fault =>
  new Fault(
    "certs/halves-differ",
    `public key ${quote(publicPath)} does not belong to private key ${quote(privatePath)}`,
    {
      hint: `move it away ("mv ${shellWord(publicPath)} ${shellWord(`${publicPath}.old`)}") and run again: it is made anew from the private key`,
      exit: EXIT.conflict,
    },
  );

export const otherKeyType = (path: string, found: string, wanted: string): Fault =>
  new Fault("certs/other-key-type", `private key ${quote(path)} is ${found}, and key_type is ${quote(wanted)}`, {
    hint: `write "key_type: ${found}", or choose another key_pair`,
    exit: EXIT.conflict,
  });

export const keyTypeUnsupported = (path: string, found: string): Fault =>
  new Fault(
    "certs/key-type-unsupported",
    `private key ${quote(path)} is of type ${quote(found)}, which EC2 does not import`,
    {
      hint: "use an rsa or ed25519 key, or choose another key_pair to have one made",
    },
  );

/** Tokens. */

export const badToken = (path: string): Fault =>
  new Fault("certs/bad-token", `token file ${quote(path)} holds no usable token`, {
    hint: `it must be ${BEARER_TOKEN_RULE}; move it away to have one made`,
  });

/** Sharing. */

export const notSelfSigned = (from: string, issuer: string): Fault =>
  new Fault("certs/not-self-signed", `the certificate in ${from} is issued by ${quote(issuer)}, not by itself`, {
    hint: "a certificate of a public CA needs no install: leave ssl_cert_crt unset and connect by name",
  });

export const namesNobody = (from: string): Fault =>
  new Fault("certs/names-nobody", `the certificate in ${from} has no subject alternative names`, {
    hint: "this is not a server's certificate, perhaps a CA's root; ask for the text that \"sallyport certs share\" printed",
  });

export const severalCertificates = (from: string, count: number): Fault =>
  new Fault("certs/several-certificates", `${from} holds ${count} certificates`, {
    hint: 'install exactly one: the text that "sallyport certs share" printed',
    exit: EXIT.usage,
  });

export const badFingerprint = (text: string): Fault =>
  new Fault("certs/bad-fingerprint", `fingerprint ${quote(text)} is not a SHA-256`, {
    hint: 'write 64 hexadecimal digits, with or without ":"',
    exit: EXIT.usage,
  });

export const otherFingerprint = (from: string, found: string): Fault =>
  new Fault(
    "certs/other-fingerprint",
    `the certificate in ${from} has the fingerprint ${found}, not the one you gave`,
    {
      hint: "do not install it; ask its creator for the certificate and the fingerprint again, over two different ways",
      exit: EXIT.conflict,
    },
  );

export const alreadyInstalled = (crt: string, fingerprint: string): Fault =>
  new Fault("certs/already-installed", `${quote(crt)} already holds another certificate (${fingerprint})`, {
    hint: 'add "--replace" to trust the new one instead, or "--to FILE" to keep both',
    exit: EXIT.conflict,
  });

export const ownPairThere = (crt: string, key: string): Fault =>
  new Fault("certs/own-pair", `${quote(crt)} belongs to your own private key ${quote(key)}`, {
    hint: 'add "--to FILE" and name that file as ssl_cert_crt where you connect to the other hosts',
    exit: EXIT.conflict,
  });

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}
