/** A real PostgreSQL server of one test: its own data directory, a port that was free, and it dies with the test. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chown, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withParentDeath } from "../../../base/process/spawn.js";
import { freePort } from "../../../local/network/free-port.js";
import { runOk } from "../../support/run.js";

export interface PostgresServer {
  readonly url: string;
  /** By its socket: that is a file, so other network namespaces reach it, too. */
  readonly socketUrl: string;
  /** Stops the server at once, as a restart of it does, and starts it again when `work` is done. */
  whileAway<T>(work: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** @returns why not, where there is no server to run. */
export async function startPostgres(): Promise<PostgresServer | string> {
  const bin = await binaries();
  if (bin === undefined) return "PostgreSQL is not installed (apt-get install postgresql)";
  const dir = await mkdtemp(join(tmpdir(), "sallyport-postgres-"));
  // The server refuses to run as root.
  const user = process.getuid?.() === 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
  if (user.length > 0) {
    const { stdout } = await runOk("id", ["-u", "postgres"]);
    await chown(dir, Number(stdout), Number(stdout));
  }
  const [initdb = "", ...args] = [
    ...user,
    join(bin, "initdb"),
    "--auth=trust",
    "--username=gateway",
    "--encoding=UTF8",
    "--no-sync",
  ];
  await runOk(initdb, [...args, "--pgdata", join(dir, "data")]);
  const port = await freePort();
  const [program = "", ...rest] = withParentDeath([
    ...user,
    join(bin, "postgres"),
    ...["-D", join(dir, "data"), "-p", String(port), "-h", "127.0.0.1", "-k", dir],
  ]);
  const launch = async () => {
    const child = spawn(program, rest, { stdio: "ignore" });
    const gone = new Promise((resolve) => child.once("exit", resolve));
    for (;;) {
      const asked = ["-h", "127.0.0.1", "-p", String(port)];
      const ready = await runOk(join(bin, "pg_isready"), asked).catch(() => undefined);
      if (ready !== undefined) break;
      if (child.exitCode !== null) throw new Error("the PostgreSQL server ended at its start");
    }
    return async () => {
      child.kill("SIGINT");
      await gone;
    };
  };
  let end = await launch();
  return {
    url: `postgresql://gateway@127.0.0.1:${port}/postgres`,
    socketUrl: `postgresql://gateway@localhost:${port}/postgres?host=${encodeURIComponent(dir)}`,
    async whileAway(work) {
      await end();
      try {
        return await work();
      } finally {
        end = await launch();
      }
    },
    async stop() {
      await end();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function binaries(): Promise<string | undefined> {
  const root = "/usr/lib/postgresql";
  const versions = (await readdir(root).catch(() => [])).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(root, version, "bin")).find((bin) => existsSync(join(bin, "initdb")));
}
