/** Opens the log sender that gateway.yaml describes. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defined } from "../../base/defined.js";
import type { SettingsFiles } from "../../http/daemon/settings-files.js";
import { isLoopback } from "../../net/address.js";
import { badLogKey, badLogTarget } from "../errors.js";
import type { Forward } from "../forwards/forward.js";
import type { GatewayConfig } from "../settings/schema.js";
import { contentTypeOf, type Encryption } from "./encode.js";
import { readFernetKey } from "./fernet.js";
import { ForwardHistory } from "./forward-history.js";
import { httpReceiver } from "./receivers/http-receiver.js";
import { type NatsReceiverOptions, natsReceiver } from "./receivers/nats-receiver.js";
import type { LogReceiver } from "./receivers/receiver.js";
import { syslogReceiver } from "./receivers/syslog-receiver.js";
import { LogSender, type SenderEvent } from "./sender.js";
import { kernelLineParser } from "./source/parse-kernel-line.js";
import { ulogdParser } from "./source/parse-ulogd.js";

type LogConfig = NonNullable<GatewayConfig["log"]>;

export interface OpenLogOptions {
  readonly log: LogConfig;
  readonly stateDir: string;
  readonly files: SettingsFiles;
  readonly forwards: () => Promise<readonly Forward[]>;
  readonly onEvent: (event: SenderEvent) => void;
}

/** @throws Fault for an invalid target or key. */
export async function openLog({ log, stateDir, files, forwards, onEvent }: OpenLogOptions): Promise<LogSender> {
  const where = parseDestination(log.target);
  const encryption = await encryptionOf(log, where, files);
  const ca = log.ca === undefined ? undefined : await readFile(files.resolve("log.ca", log.ca), "utf8");
  return LogSender.open({
    file: log.file,
    parse: log.source === "ulogd" ? ulogdParser() : kernelLineParser(),
    receiver: openReceiver(where, encryption, ca),
    spoolDir: join(stateDir, "log-spool"),
    spoolBytes: log.spool_bytes,
    batch: log.batch,
    encryption,
    history: new ForwardHistory(),
    forwards,
    onEvent,
  });
}

export type Destination =
  | { readonly kind: "syslog"; readonly host: string; readonly port?: number }
  | { readonly kind: "http"; readonly url: URL }
  | ({ readonly kind: "nats" } & NatsReceiverOptions);

/** Pure. Without TLS only to this machine: a log says who talks with whom. */
export function parseDestination(text: string): Destination {
  if (!URL.canParse(text)) throw badLogTarget(text);
  const url = new URL(text);
  const isHere = isLoopback(url.hostname);
  if (url.protocol === "https:" || (url.protocol === "http:" && isHere)) return { kind: "http", url };
  if (url.protocol === "nats+tls:" || (url.protocol === "nats:" && isHere)) return natsDestination(text, url);
  const isBare = url.username === "" && url.search === "" && /^\/?$/.test(url.pathname);
  if (url.protocol !== "syslog+tls:" || url.hostname === "" || !isBare) throw badLogTarget(text);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return defined({ kind: "syslog", host, port: url.port === "" ? undefined : Number(url.port) });
}

/** A subject of words; wildcards are for subscribers only. */
const SUBJECT = /^\/[^\s.*>/]+(?:\.[^\s.*>/]+)*$/;

function natsDestination(text: string, url: URL): Destination {
  const path = decodeURIComponent(url.pathname);
  if (url.hostname === "" || url.search !== "" || !SUBJECT.test(path)) throw badLogTarget(text);
  return defined({
    kind: "nats",
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? undefined : Number(url.port),
    subject: path.slice(1),
    tls: url.protocol === "nats+tls:",
    user: url.username === "" ? undefined : decodeURIComponent(url.username),
    password: url.username === "" ? undefined : decodeURIComponent(url.password),
  });
}

function openReceiver(where: Destination, encryption: Encryption, ca: string | undefined): LogReceiver {
  const trust = ca === undefined ? {} : { ca };
  if (where.kind === "nats") return natsReceiver({ ...where, ...trust });
  return where.kind === "syslog"
    ? syslogReceiver({ host: where.host, ...defined({ port: where.port }), ...trust })
    : httpReceiver({ url: where.url, contentType: contentTypeOf(encryption), ...trust });
}

/** A syslog message holds one record, so each record is encrypted by itself. */
async function encryptionOf(log: LogConfig, where: Destination, files: SettingsFiles): Promise<Encryption> {
  if (log.fernet_key === undefined) return { kind: "none" };
  const key = readFernetKey((await files.readSecret("log.fernet_key", log.fernet_key)).trim());
  if (key === undefined) throw badLogKey(files.resolve("log.fernet_key", log.fernet_key));
  return { kind: where.kind === "syslog" || log.fernet_per_record ? "record" : "batch", key };
}
