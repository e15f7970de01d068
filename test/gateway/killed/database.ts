/** Reads all forwards: from the PostgreSQL server itself, or through the gateway if the database is embedded. */
import pg from "pg";
import { defined } from "../../../base/defined.js";
import { ask, type Endpoint, observedIn } from "./client.js";
import type { ObservedForward } from "./history.js";
import type { Row } from "./table.js";

/** With the names of the table's columns, which are those of the API. */
interface ForwardRow {
  readonly id: string;
  readonly conn_port: number;
  readonly protocol: string;
  readonly target_addr: string;
  readonly target_port: number;
  readonly sources: readonly string[];
}

export class Database {
  #client: pg.Client | undefined;

  /** @param url of the PostgreSQL server; without one, the gateway is asked. */
  constructor(
    private readonly endpoint: Endpoint,
    private readonly token: string,
    private readonly url?: string,
  ) {}

  async read(): Promise<{ readonly rows: Row[]; readonly shown: ObservedForward[] }> {
    const forwards = this.url === undefined ? await this.#asked() : await this.#selected(this.url);
    const rows = forwards.map((each) => ({
      id: each.id,
      connPort: each.conn_port,
      protocol: each.protocol,
      targetAddr: each.target_addr,
      targetPort: each.target_port,
      sources: each.sources,
    }));
    return { rows, shown: forwards.map(observedIn) };
  }

  async close(): Promise<void> {
    await this.#client?.end();
  }

  async #asked(): Promise<ForwardRow[]> {
    const answer = await ask(this.endpoint, {
      method: "GET",
      path: "/v1/forwards?limit=1000",
      headers: { "X-Auth": this.token },
    });
    if (answer?.status !== 200) throw new Error(`the gateway does not list: ${JSON.stringify(answer)}`);
    return answer.json.forwards;
  }

  async #selected(url: string): Promise<ForwardRow[]> {
    if (this.#client === undefined) {
      this.#client = new pg.Client(url);
      await this.#client.connect();
    }
    const { rows } = await this.#client.query("select * from forwards");
    return rows.map(({ expires_at, ...row }) => ({
      ...row,
      ...defined({ expires_at: expires_at === null ? undefined : new Date(Number(expires_at)).toISOString() }),
    }));
  }
}
