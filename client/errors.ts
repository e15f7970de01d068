/** Every fault of this room, each with its own factory. */

import { defined } from "../base/defined.js";
import { EXIT, Fault, type FaultOptions, quote } from "../base/fault.js";
import { errorText } from "../base/text/error-text.js";
import { proxyVariable } from "../http/client/proxy.js";
import { hostInUrl } from "../net/address.js";

/** `203.0.113.7:443`, `[2001:db8::1]:443`. */
export function endpoint(host: string, port: number): string {
  return `${hostInUrl(host)}:${port}`;
}

// --- certificates -----------------------------------------------------------------------------

export const certificateUnreadable = (path: string, cause: unknown) =>
  new Fault("client/certificate-unreadable", `cannot read the certificate ${quote(path)}`, {
    hint: `nothing was sent; give the host's certificate with "--cert FILE", or let "sallyport certs create" make one`,
    cause,
  });

export const certificateGarbage = (path: string, cause: unknown) =>
  new Fault("client/certificate-garbage", `${quote(path)} is not a PEM certificate`, {
    hint: `nothing was sent; the file must hold "-----BEGIN CERTIFICATE-----"`,
    cause,
  });

export const certificateHoldsKey = (path: string) =>
  new Fault("client/certificate-holds-key", `${quote(path)} holds a private key`, {
    hint: "keep the certificate and its key in two files; a key that was shared must be replaced",
  });

export const certificateExpired = (path: string, when: Date) =>
  new Fault("client/certificate-expired", `the certificate ${quote(path)} expired on ${day(when)}`, {
    hint: `nothing was sent; make a new one with "sallyport certs create" and deploy it with "sallyport up"`,
  });

export const certificateNotYetValid = (path: string, when: Date) =>
  new Fault(
    "client/certificate-not-yet-valid",
    `the certificate ${quote(path)} is valid only from ${when.toISOString()}`,
    {
      hint: "nothing was sent; is this machine's clock right?",
    },
  );

export const foreignCertificate = (at: string, detail: string, cause?: unknown) =>
  new Fault("client/foreign-certificate", `${quote(at)} did not show the expected certificate: ${detail}`, {
    hint: `nothing was sent; if the host was deployed again, fetch its certificate anew and give it with "--cert FILE"`,
    exit: EXIT.auth,
    cause,
  });

export const wrongName = (at: string, names: string, cause: unknown) =>
  new Fault("client/wrong-name", `the certificate of ${quote(at)} is for ${names}`, {
    hint: "nothing was sent; use one of these names, or deploy a certificate that has this one",
    exit: EXIT.auth,
    cause,
  });

export const peerCertificateExpired = (at: string, cause: unknown) =>
  new Fault("client/certificate-expired", `the certificate of ${quote(at)} is expired or not yet valid`, {
    hint: `nothing was sent; make a new one with "sallyport certs create" and deploy it with "sallyport up"`,
    exit: EXIT.auth,
    cause,
  });

/** Firewall and certificate are about the machine at the other end, so no proxy may stand between. */
function pastProxy(): string {
  const proxy = proxyVariable(process.env);
  return proxy === undefined ? "" : `\nhosts and gateways are reached directly, not through the proxy in ${proxy}`;
}

// --- connections ------------------------------------------------------------------------------

export const notTls = (at: string, cause: unknown) =>
  new Fault("client/not-tls", `${quote(at)} does not speak TLS 1.2 or 1.3`, {
    hint: `nothing was sent; "--no-tls" (or "ssl_cert_crt: false") is for hosts that were deployed without a certificate`,
    cause,
  });

export const refused = (at: string, cause: unknown) =>
  new Fault("client/refused", `${quote(at)} refused the connection`, {
    hint: `the host is there, but nothing listens on this port; "sallyport verify" shows which do`,
    cause,
  });

export const noAnswer = (at: string, milliseconds: number, cause?: unknown) =>
  new Fault("client/no-answer", `${quote(at)} did not answer within ${milliseconds / 1000} s`, {
    hint: `the host answers only the addresses it was deployed for; if yours has changed, run "sallyport up"${pastProxy()}`,
    cause,
  });

export const unreachable = (at: string, cause: unknown) =>
  new Fault("client/unreachable", `there is no way to ${quote(at)} from here`, {
    hint: `is this machine online?${pastProxy()}`,
    cause,
  });

export const unknownHost = (host: string, cause: unknown) =>
  new Fault("client/unknown-host", `no address is known for ${quote(host)}`, {
    hint: `write an address, a DNS name, or the name of a deployed host ("sallyport up" lists them)`,
    exit: EXIT.notFound,
    cause,
  });

export const broken = (at: string, detail: string, cause?: unknown) =>
  new Fault("client/broken", `the connection to ${quote(at)} broke: ${detail}`, { cause });

export const aborted = (cause?: unknown) =>
  new Fault("client/aborted", "ended before it was done", { exit: EXIT.interrupted, cause });

// --- answers ----------------------------------------------------------------------------------

export const redirected = (at: string, status: number, location: string) => {
  const plain = location.startsWith("http:");
  return new Fault(
    plain ? "client/redirect-to-plain" : "client/redirect",
    `${quote(at)} answered with a redirect (${status}) to ${quote(location)}`,
    {
      hint: plain
        ? "redirects to plain HTTP are never followed; this is not the agent, or somebody is in between"
        : "redirects are not followed; name that host itself if you trust it",
    },
  );
};

/** An unsuccessful response from a host. The status decides the code and the exit status. */
export function refusedByHost(status: number, shown: string, options: FaultOptions = {}): Fault {
  const known = BY_STATUS[status];
  return new Fault(`client/${known?.code ?? (status >= 500 ? "host-failed" : "rejected")}`, shown, {
    exit: known?.exit ?? EXIT.failure,
    ...defined({ hint: known?.hint === undefined ? undefined : known.hint }),
    ...options,
  });
}

const BY_STATUS: Readonly<Record<number, { code: string; exit: FaultOptions["exit"] & number; hint?: string }>> = {
  401: {
    code: "unauthorized",
    exit: EXIT.auth,
    hint: `the token is missing or not the one that was deployed; give the right one with "--token-file FILE"`,
  },
  403: { code: "forbidden", exit: EXIT.auth },
  404: {
    code: "not-found",
    exit: EXIT.notFound,
    hint: `paths are DIR/PATH, where DIR is one of the host's authorized directories ("sallyport ls HOST")`,
  },
  409: { code: "conflict", exit: EXIT.conflict },
  412: { code: "precondition-failed", exit: EXIT.conflict, hint: "the file has changed on the host meanwhile" },
  413: { code: "too-large", exit: EXIT.failure },
  416: { code: "range-not-satisfiable", exit: EXIT.failure },
  503: { code: "unavailable", exit: EXIT.failure },
  507: { code: "disk-full", exit: EXIT.failure, hint: "free some space on the host; the old file is untouched" },
};

export const notTheAgent = (at: string, detail: string) =>
  new Fault("client/not-the-agent", `${quote(at)} does not answer as a Sallyport agent: ${detail}`, {
    hint: "is the port right?",
  });

// --- files ------------------------------------------------------------------------------------

export const badRemotePath = (path: string, detail: string) =>
  new Fault("client/bad-path", `remote path ${quote(path)} ${detail}`, {
    hint: `write DIR/PATH, as in "shared/results/run1.csv"`,
    exit: EXIT.usage,
  });

/** Where the bytes of a transfer are when they turn out to be wrong. */
export type CopyFate = "discarded" | "written" | "stored";

const FATE: Readonly<Record<CopyFate, string>> = {
  discarded: "it was not kept",
  written: "what was written before this line is not to be used",
  stored: "what is on the host now is not to be used",
};

export const digestMissing = (path: string, fate: CopyFate) =>
  new Fault("client/digest-missing", `the host did not say the SHA-256 of ${quote(path)}`, {
    hint: `the copy cannot be checked, so ${FATE[fate]}`,
  });

export const digestMismatch = (path: string, expected: string, got: string, fate: CopyFate) =>
  new Fault("client/digest-mismatch", `${quote(path)} arrived damaged: SHA-256 is ${got}, not ${expected}`, {
    hint: `${FATE[fate]}; try again`,
  });

export const uploadForgotten = (path: string) =>
  new Fault("client/upload-forgotten", `the host no longer has the beginning of ${quote(path)}`, {
    hint: "send it again",
  });

export const otherSize = (path: string, announced: number, sent: number) =>
  new Fault("client/other-size", `${quote(path)} was announced with ${announced} bytes, and has ${sent}`);

export const changedMeanwhile = (path: string) =>
  new Fault("client/changed-meanwhile", `${quote(path)} changed on the host while it was read`, {
    hint: "try again",
    exit: EXIT.conflict,
  });

export const isDirectory = (path: string) =>
  new Fault("client/is-directory", `${quote(path)} is a directory on the host`, {
    hint: `list it with "sallyport ls"`,
    exit: EXIT.usage,
  });

export const notDirectory = (path: string) =>
  new Fault("client/not-directory", `${quote(path)} is a file on the host`, {
    hint: `fetch it with "sallyport get"`,
    exit: EXIT.usage,
  });

export const localUnreadable = (path: string, cause: unknown) =>
  new Fault("client/local-unreadable", `cannot read ${quote(path)}`, { cause });

/** A fault that says more already stays as it is. */
export const localUnwritable = (cause: unknown) =>
  cause instanceof Fault
    ? cause
    : new Fault("client/local-unwritable", `cannot write what arrives: ${errorText(cause)}`, {
        hint: "what was there before is untouched",
        cause,
      });

export const cannotSpool = (directory: string, cause: unknown) =>
  new Fault("client/cannot-spool", `cannot keep the input in ${quote(directory)}: ${errorText(cause)}`, {
    hint: "set TMPDIR to a directory with more space, or send the input from a file",
    cause,
  });

export const localIsDirectory = (path: string) =>
  new Fault("client/local-is-directory", `${quote(path)} is a directory`, {
    hint: "name the file that is to be written",
  });

export const localForeign = (path: string) =>
  new Fault("client/local-foreign", `${quote(path)} belongs to another user, in a directory that everyone may write`, {
    hint: "write to a directory of your own, or remove it first",
  });

export const localNotFile = (path: string) =>
  new Fault("client/local-not-file", `${quote(path)} is not a regular file`, {
    hint: `use "-" to send what a program writes: "tar c dir | sallyport put - HOST:shared/dir.tar"`,
    exit: EXIT.usage,
  });

// --- jobs -------------------------------------------------------------------------------------

export const badJobId = (id: string) =>
  new Fault("client/bad-job-id", `${quote(id)} is no id of a job`, {
    hint: `"sallyport jobs HOST" lists them`,
    exit: EXIT.usage,
  });

export const parametersTooLong = (length: number, most: number) =>
  new Fault(
    "client/parameters-too-long",
    `the parameters take ${length} characters in the request, more than ${most}`,
    {
      hint: `put the input on the host first ("sallyport put") and name it as host://DIR/PATH: then they may take 1 MiB`,
      exit: EXIT.usage,
    },
  );

// --- SSH --------------------------------------------------------------------------------------

export const hostKeyUnknown = (at: string, got: string) =>
  new Fault("client/host-key-unknown", `${quote(at)} showed an SSH host key that is not the host's: ${got}`, {
    hint: "nothing was sent; if the host was made anew, deploy again so that its keys are fetched over HTTPS",
    exit: EXIT.auth,
  });

export const noHostKeys = (at: string) =>
  new Fault("client/no-host-keys", `the SSH host keys of ${quote(at)} are not known`, {
    hint: "they are fetched from the agent over verified HTTPS; a key is never trusted on first use",
    exit: EXIT.auth,
  });

export const badHostKey = (line: string) =>
  new Fault("client/bad-host-key", `${quote(line)} is not an OpenSSH public key`, {
    hint: `a key reads like "ssh-ed25519 AAAA…"`,
  });

export const sshDenied = (at: string, username: string, cause: unknown) =>
  new Fault("client/ssh-denied", `${quote(at)} does not accept the key for the user ${quote(username)}`, {
    hint: "check the user (ubuntu, ec2-user, …) and that the key pair is the one that was deployed",
    exit: EXIT.auth,
    cause,
  });

export const sshFailed = (at: string, detail: string, cause: unknown) =>
  new Fault("client/ssh-failed", `SSH to ${quote(at)} failed: ${detail}`, { cause });

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
