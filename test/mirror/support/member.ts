/** One who works in the client's namespace: the real programs, a home, and nothing of the developer's own. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { defined } from "../../../base/defined.js";
import type { NetNamespace } from "../../../local/network/net-namespace.js";
import { type CliRun, sallyport } from "../../support/cli.js";
import { HANGS_MS } from "../../support/run.js";
import { type Installed, installedIn } from "./clients.js";

export interface Ran {
  readonly code: number;
  /** stdout and stderr. */
  readonly output: string;
}

export class Member {
  #count = 0;
  profile = "sallyport-mirror";
  /** Whether `sallyport` is told of the certificate. */
  trusts = true;

  private constructor(
    private readonly client: NetNamespace,
    readonly home: string,
    private readonly endpoint: string,
    /** The certificate that is to be trusted, PEM. */
    private readonly ca: string,
  ) {}

  static come(client: NetNamespace, home: string, endpoint: string, ca: string): Member {
    mkdirSync(join(home, ".aws"), { recursive: true });
    return new Member(client, home, endpoint, ca);
  }

  get env(): Record<string, string> {
    return defined({
      // Debian's pip before any other.
      PATH: `/usr/bin:/bin:${process.env.PATH}`,
      HOME: this.home,
      NO_COLOR: "1",
      AWS_PROFILE: this.profile,
      AWS_ENDPOINT_URL_CODEARTIFACT: this.endpoint,
      AWS_EC2_METADATA_DISABLED: "true",
      // How each program is told of the team's own certificate.
      AWS_CA_BUNDLE: this.ca,
      NODE_EXTRA_CA_CERTS: this.trusts ? this.ca : undefined,
      PIP_CERT: this.ca,
      TWINE_CERT: this.ca,
      npm_config_cafile: this.ca,
      PIP_DISABLE_PIP_VERSION_CHECK: "1",
      PIP_NO_CACHE_DIR: "1",
      PIP_NO_INPUT: "1",
      PIP_ROOT_USER_ACTION: "ignore",
    });
  }

  /** What `~/.aws/credentials` says from now on. */
  giveCredentials(text: string): void {
    writeFileSync(join(this.home, ".aws/credentials"), text, { mode: 0o600 });
  }

  async run(program: string, args: readonly string[], cwd = this.home, env = {}): Promise<Ran> {
    const [first = "", ...rest] = this.client.enter([program, ...args]);
    const options = {
      cwd,
      env: { ...this.env, ...env },
      extendEnv: false,
      reject: false,
      all: true,
      timeout: HANGS_MS,
    };
    const { exitCode, all } = await execa(first, rest, options);
    return { code: exitCode ?? -1, output: all ?? "" };
  }

  aws(...args: string[]): Promise<Ran> {
    // Debian's is older than AWS_ENDPOINT_URL_….
    return this.run("aws", ["--endpoint-url", this.endpoint, "codeartifact", ...args]);
  }

  mirror(...args: string[]): Promise<CliRun> {
    const { env, home, client } = this;
    return sallyport(["mirror", ...args], {
      env,
      cwd: home,
      timeout: HANGS_MS,
      shipped: true,
      enter: (command) => client.enter(command),
    });
  }

  /** `pip install` into an empty directory. */
  async pip(...args: string[]): Promise<Installed> {
    const dir = join(this.home, `site-${this.#count++}`);
    const ran = await this.run("/usr/bin/pip", ["install", "--target", dir, "--retries", "0", ...args]);
    const infos = existsSync(dir) ? readdirSync(dir).filter((name) => /\.(?:dist|egg)-info$/.test(name)) : [];
    const packages = infos.map((name) => name.replace(/\.(?:dist|egg)-info$/, "").replace("-", " ")).sort();
    return { ...ran, packages, dir };
  }

  project(): string {
    const dir = join(this.home, `project-${this.#count++}`);
    mkdirSync(dir);
    writeFileSync(join(dir, "package.json"), JSON.stringify({ name: "project", version: "1.0.0", private: true }));
    return dir;
  }

  /** With an empty cache. */
  async npm(dir: string, ...args: string[]): Promise<Installed> {
    const fixed = ["--no-audit", "--no-fund", "--no-update-notifier", "--fetch-retries=0"];
    const ran = await this.run("npm", [...args, "--cache", join(this.home, `cache-${this.#count++}`), ...fixed], dir);
    return { ...ran, packages: installedIn(dir), dir };
  }

  file(name: string, text: string): string {
    const path = join(this.home, name);
    writeFileSync(path, text);
    return path;
  }
}
