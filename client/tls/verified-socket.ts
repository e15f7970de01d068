/**
 * Returns a connection only after its peer was verified, so that no caller can send a byte too early.
 *
 * The environment has no influence: `rejectUnauthorized`, protocol versions, ciphers and roots are all explicit, so
 * that NODE_TLS_REJECT_UNAUTHORIZED, NODE_EXTRA_CA_CERTS, SSL_CERT_FILE and the TLS switches of NODE_OPTIONS have no
 * effect.
 */
import { isIP, connect as netConnect, type Socket } from "node:net";
import { type ConnectionOptions, rootCertificates, type TLSSocket, connect as tlsConnect } from "node:tls";
import { defined } from "../../base/defined.js";
import { errno, Fault } from "../../base/fault.js";
import { TLS_CIPHERS } from "../../base/tls-ciphers.js";
import * as errors from "../errors.js";
import type { Trust } from "./trust.js";

export interface Destination {
  /** An address or a DNS name. */
  readonly host: string;
  readonly port: number;
  readonly trust: Trust;
  /** Milliseconds for TCP and TLS together. @default 10000 */
  readonly connectTimeout?: number;
  readonly signal?: AbortSignal;
}

/** Opens, verifies, and only then resolves. With `plain` trust there is nothing to verify. */
export function openVerified(destination: Destination): Promise<Socket> {
  const { host, port, trust, signal, connectTimeout = 10_000 } = destination;
  const at = errors.endpoint(host, port);
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(errors.aborted(signal.reason));
    const socket = trust.kind === "plain" ? netConnect({ host, port }) : tlsConnect(tlsOptions(host, port, trust));
    const settle = (outcome: Socket | Fault) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      socket.removeListener("error", onError);
      socket.removeListener("close", onClose);
      if (!(outcome instanceof Fault)) return resolve(outcome);
      socket.on("error", () => undefined);
      socket.destroy();
      reject(outcome);
    };
    const onAbort = () => settle(errors.aborted(signal?.reason));
    const onError = (error: Error) => settle(connectFault(error, host, at));
    const onClose = () => settle(errors.broken(at, "it was closed before it was verified"));
    const timer = setTimeout(() => settle(errors.noAnswer(at, connectTimeout)), connectTimeout);
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.on("error", onError);
    socket.on("close", onClose);
    socket.once(trust.kind === "plain" ? "connect" : "secureConnect", () => {
      const objection = trust.kind === "plain" ? undefined : objectionTo(socket as TLSSocket, trust, at);
      socket.setNoDelay(true);
      socket.setKeepAlive(true, 15_000);
      settle(objection ?? socket);
    });
  });
}

function tlsOptions(host: string, port: number, trust: Exclude<Trust, { kind: "plain" }>): ConnectionOptions {
  const pinned = trust.kind === "pinned";
  return defined({
    host,
    port,
    ca: pinned ? [trust.pem] : [...rootCertificates],
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
    maxVersion: "TLSv1.3",
    ciphers: TLS_CIPHERS,
    ALPNProtocols: ["http/1.1"],
    servername: isIP(host) === 0 ? host : undefined,
    checkServerIdentity: pinned && !trust.checkHostName ? () => undefined : undefined,
  });
}

/** The checks that OpenSSL does not make. */
function objectionTo(socket: TLSSocket, trust: Exclude<Trust, { kind: "plain" }>, at: string): Fault | undefined {
  if (!socket.authorized) return errors.foreignCertificate(at, String(socket.authorizationError));
  if (trust.kind === "public" || trust.checkHostName) return undefined;
  const shown = socket.getPeerX509Certificate()?.fingerprint256;
  if (shown === trust.facts.fingerprint256) return undefined;
  return errors.foreignCertificate(at, `its SHA-256 fingerprint is ${shown ?? "unknown"}`);
}

function connectFault(error: Error & { reason?: string }, host: string, at: string): Fault {
  const code = errno(error) ?? "";
  switch (code) {
    case "ECONNREFUSED":
      return errors.refused(at, error);
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EADDRNOTAVAIL":
      return errors.unreachable(at, error);
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return errors.unknownHost(host, error);
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return errors.peerCertificateExpired(at, error);
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return errors.wrongName(at, namesIn(error), error);
  }
  if (VERIFICATION.test(code)) return errors.foreignCertificate(at, error.message, error);
  if (code === "EPROTO" || code.startsWith("ERR_SSL_")) return errors.notTls(at, error);
  return errors.broken(at, code === "" ? error.message : code, error);
}

// Node's names for OpenSSL's X509_V_ERR_* codes (node:tls, "X509 certificate error codes").
const VERIFICATION =
  /^(UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_|CERT_|INVALID_|PATH_LENGTH_|HOSTNAME_MISMATCH|UNSPECIFIED|ERROR_IN_CERT)/;

function namesIn(error: object): string {
  const certificate = "cert" in error && typeof error.cert === "object" ? error.cert : null;
  const names = certificate !== null && "subjectaltname" in certificate ? certificate.subjectaltname : undefined;
  return typeof names === "string" ? JSON.stringify(names) : "another name";
}
