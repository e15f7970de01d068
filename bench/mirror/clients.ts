/** The real pip and npm, each with an empty cache of its own, and wrk. */
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const PACKAGES = 50;

/** Seconds that a client took to install all packages into an empty directory. */
export type Install = (dir: string, index: string, token?: string) => Promise<number>;

export const pip: Install = async (dir, index, token) => {
  const url = new URL(index);
  if (token !== undefined) Object.assign(url, { username: "aws", password: token });
  // In the environment: what is in argv is everybody's to read.
  const env = { PATH: process.env.PATH, HOME: dir, PIP_CONFIG_FILE: "/dev/null", PIP_INDEX_URL: url.href };
  const quiet = ["--quiet", "--no-cache-dir", "--no-input", "--disable-pip-version-check", "--no-compile"];
  const root = ["--root-user-action", "ignore"];
  const target = join(dir, "site");
  const seconds = await timed(() =>
    run("pip3", ["install", ...quiet, ...root, "--target", target, "everything"], { env }),
  );
  check(target, "part_0", (name) => name.endsWith(".dist-info"));
  return seconds;
};

export const npm: Install = async (dir, index, token) => {
  const { host, pathname } = new URL(index);
  const auth = token === undefined ? "" : `//${host}${pathname}:_authToken=${token}\n`;
  const npmrc = join(dir, "npmrc");
  writeFileSync(
    npmrc,
    `registry=${index}\n${auth}cache=${dir}/cache\naudit=false\nfund=false\nupdate-notifier=false\n`,
  );
  writeFileSync(join(dir, "package.json"), `{"name":"user","version":"1.0.0","private":true}`);
  const env = { PATH: process.env.PATH, HOME: dir, NPM_CONFIG_USERCONFIG: npmrc };
  const seconds = await timed(() => run("npm", ["install", "--silent", "everything"], { cwd: dir, env }));
  check(join(dir, "node_modules"), "part-0", (name) => !name.startsWith("."));
  return seconds;
};

/** In a directory of its own that is removed afterwards. */
export async function fresh(dir: string, install: Install, index: string, token?: string): Promise<number> {
  mkdirSync(dir);
  try {
    return await install(dir, index, token);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Requests per second over 32 connections that are kept alive. */
export async function requests(url: string, seconds: number, headers: readonly string[]): Promise<number> {
  const options = ["--threads", "1", "--connections", "32", "--duration", `${seconds}s`];
  const { stdout } = await run("wrk", [...options, ...headers.flatMap((header) => ["--header", header]), url]);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${url}: ${stdout}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

function check(dir: string, one: string, counts: (name: string) => boolean): void {
  const names = readdirSync(dir);
  const found = names.filter(counts).length;
  if (found !== PACKAGES || !names.includes(one)) throw new Error(`${dir} has ${found} packages, not ${PACKAGES}`);
}
