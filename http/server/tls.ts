/** TLS for all daemons: 1.2 and 1.3, forward secrecy and authenticated encryption only. */
import { constants, randomBytes } from "node:crypto";
import type { Server, ServerOptions } from "node:https";
import { createSecureContext } from "node:tls";
import { TLS_CIPHERS } from "../../base/tls-ciphers.js";
import { certificateRefused } from "./errors.js";

/** A session ticket is as good as its key: under TLS 1.2 an old key opens every session it sealed. */
const TICKET_KEY_LIFE_MS = 60 * 60_000;

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export function tlsOptions(pair: KeyPair): ServerOptions {
  return {
    ...pair,
    minVersion: "TLSv1.2",
    maxVersion: "TLSv1.3",
    ciphers: TLS_CIPHERS,
    // All suites are good: the client picks the one that its processor has instructions for.
    honorCipherOrder: false,
    ecdhCurve: "X25519:prime256v1:secp384r1",
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    // `curl --http1.0` offers the second alone.
    ALPNProtocols: ["http/1.1", "http/1.0"],
  };
}

/** @throws Fault `http/certificate-refused` unless the two PEM texts belong together. `files` names them in it. */
export function checkPair(pair: KeyPair, files: KeyPair): void {
  try {
    createSecureContext({ cert: pair.cert, key: pair.key });
  } catch (error) {
    throw certificateRefused(files.cert, files.key, error);
  }
}

/** Replaces the ticket key every hour until the server closes. */
export function rotateTicketKeys(server: Server): void {
  const timer = setInterval(() => server.setTicketKeys(randomBytes(48)), TICKET_KEY_LIFE_MS);
  timer.unref();
  server.once("close", () => clearInterval(timer));
}
