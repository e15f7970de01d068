import { ensureCertificate } from "../../certs/store.js";
import type { Config } from "../../config/load.js";
import type { HostTls } from "../constructs/host-agent.js";
import type { PrepareOptions } from "./options.js";
import { secretFile } from "./secret-file.js";

/** The certificate that machines serve, with its SHA-256 fingerprint. */
export type ServedTls = HostTls & { readonly fingerprint: string };

/** @returns undefined if the configuration asks for plain HTTP. */
export async function prepareTls(
  config: Pick<Config, "name" | "ssl_cert_crt" | "ssl_cert_key" | "ssl_cert_generate" | "ssl_cert_names">,
  { onStep, create = true }: Pick<PrepareOptions, "onStep" | "create">,
): Promise<ServedTls | undefined> {
  if (config.ssl_cert_crt === false) {
    onStep?.("TLS is off (ssl_cert_crt: false): data and token travel in the clear");
    return undefined;
  }
  const certificate = await ensureCertificate({
    crt: config.ssl_cert_crt,
    key: config.ssl_cert_key,
    generate: create && config.ssl_cert_generate,
    names: config.ssl_cert_names,
    commonName: config.name,
  });
  onStep?.(`certificate ${certificate.crt} (${certificate.created ? "created" : "existing"})`);
  return {
    certificate: certificate.pem,
    fingerprint: certificate.facts.fingerprint256,
    key: await secretFile(certificate.key),
  };
}
