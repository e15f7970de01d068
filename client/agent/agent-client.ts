/** The client of a host: its files, its jobs and its description. */
import type { Readable, Writable } from "node:stream";
import { notDirectory } from "../errors.js";
import { Transport, type TransportOptions } from "../tls/transport.js";
import {
  Directories,
  type Directory,
  type DirectoryEntry,
  Health,
  HostInfo,
  IdleInfo,
  Listing,
  readJson,
} from "./answers.js";
import { Jobs } from "./jobs.js";
import { filesPath } from "./remote-path.js";
import { type Downloaded, download } from "./transfer/download.js";
import { getInto } from "./transfer/get-into.js";
import type { ReceiveOptions } from "./transfer/receive.js";
import { type PutOptions, putStream, type Stored, upload } from "./transfer/upload.js";

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/**
 * A host, over connections that are verified before a byte is sent.
 *
 * Remote paths are `DIR/PATH`, where DIR is the name of one of the host's authorized directories.
 *
 * @example
 * const { trust } = await resolveTrust({ ssl_cert_crt: "/home/ada/.ssh/sallyport.crt" });
 * const client = new AgentClient({ host: "203.0.113.7", trust, token });
 * await client.upload("model.bin", "shared/model.bin");
 * for (const entry of await client.list("shared")) console.log(entry.name, entry.size);
 * client.close();
 */
export class AgentClient {
  /** The connections underneath, for requests that have no method here. */
  readonly transport: Transport;

  /** The jobs of its accelerators. */
  readonly jobs: Jobs;

  constructor(options: TransportOptions) {
    this.transport = new Transport(options);
    this.jobs = new Jobs(this.transport);
  }

  /** Whether the agent is up. The request needs no token and sends none. */
  async health(options: CallOptions = {}): Promise<{ status: string }> {
    const response = await this.transport.send({ method: "GET", path: "/healthz", authenticated: false, ...options });
    return readJson(response, Health, this.transport.at);
  }

  /** The host's name, its SSH host keys and its authorized directories. */
  async host(options: CallOptions = {}): Promise<HostInfo> {
    const response = await this.transport.send({ method: "GET", path: "/v1/host", ...options });
    return readJson(response, HostInfo, this.transport.at);
  }

  /** How long the host has been idle, and when it ends itself. This request does not count as use. */
  async idle(options: CallOptions = {}): Promise<IdleInfo> {
    const response = await this.transport.send({ method: "GET", path: "/v1/idle", ...options });
    return readJson(response, IdleInfo, this.transport.at);
  }

  async directories(options: CallOptions = {}): Promise<Directory[]> {
    const response = await this.transport.send({ method: "GET", path: "/v1/files", ...options });
    return (await readJson(response, Directories, this.transport.at)).directories;
  }

  /** The files and directories in a directory. */
  async list(path: string, options: CallOptions = {}): Promise<DirectoryEntry[]> {
    return (await this.listing(path, options)).entries;
  }

  /** As {@link list}, with the number of entries that cannot be transferred. */
  async listing(path: string, options: CallOptions = {}): Promise<Listing> {
    const response = await this.transport.send({ method: "GET", path: filesPath(path), ...options });
    if (response.headers["accept-ranges"] === "bytes") {
      response.body.destroy();
      throw notDirectory(path);
    }
    return readJson(response, Listing, this.transport.at);
  }

  /**
   * Writes a file into `sink` and leaves `sink` open. A broken connection is resumed. The call fails if the file
   * changed meanwhile or its SHA-256 differs at the end; by then bytes may have been written already.
   */
  get(path: string, sink: Writable, options: ReceiveOptions = {}): Promise<Downloaded> {
    return getInto(this.transport, path, sink, options);
  }

  /** Writes a file to disk. A broken transfer is resumed, and the file gets its name only when it is complete. */
  download(path: string, localFile: string, options: ReceiveOptions = {}): Promise<Downloaded> {
    return download(this.transport, path, localFile, options);
  }

  /** Sends a stream. */
  put(path: string, source: Readable, options: PutOptions = {}): Promise<Stored> {
    return putStream(this.transport, path, source, options);
  }

  /** Sends a file. */
  upload(localFile: string, path: string, options: Omit<PutOptions, "size"> = {}): Promise<Stored> {
    return upload(this.transport, localFile, path, options);
  }

  /** Removes a file or an empty directory. */
  async remove(path: string, options: CallOptions = {}): Promise<void> {
    const response = await this.transport.send({ method: "DELETE", path: filesPath(path), ...options });
    response.body.resume();
  }

  /** Closes idle connections. */
  close(): void {
    this.transport.close();
  }
}
