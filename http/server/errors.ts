/** Faults of starting a server. */
import { Fault } from "../../base/fault.js";

export const portTaken = (address: string, port: number) =>
  new Fault("http/port-taken", `port ${port} on "${address}" is already taken`, {
    hint: `see who has it with "ss -ltnp 'sport = :${port}'", or set another port under "listen"`,
  });

export const portForbidden = (address: string, port: number) =>
  new Fault("http/port-forbidden", `port ${port} on "${address}" may not be opened by this user`, {
    hint: "ports below 1024 need CAP_NET_BIND_SERVICE: run under the systemd unit, or set a higher port",
  });

export const addressMissing = (address: string) =>
  new Fault("http/address-missing", `"${address}" is not an address of this machine`, {
    hint: 'write "::" to listen on every address',
  });

export const certificateRefused = (cert: string, key: string, cause: unknown) =>
  new Fault("http/certificate-refused", `certificate "${cert}" and key "${key}" do not make a pair`, {
    hint: "give the certificate and the very key it was issued for, both as PEM",
    cause,
  });
