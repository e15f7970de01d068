// Sees to it that the programs the demo and the tests need are there. What lies on PATH is used; what
// is missing is installed where that can be done, and named with the way to install it where not.
//
//   node scripts/setup.mjs            what `npm start` needs
//   node scripts/setup.mjs --tests    that, and what `npm test` needs
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
// base/tools.ts looks here after PATH.
const toolsDir = join(root, ".sallyport", "bin");

/** program → the Debian packages that bring it */
const DEMO_PROGRAMS = {
  curl: "curl",
  ip: "iproute2",
  nft: "nftables",
  nsenter: "util-linux",
  python3: "python3",
  setpriv: "util-linux",
  sshd: "openssh-server",
  ssh: "openssh-client",
  systemctl: "systemd",
  "dbus-daemon": "dbus",
  tar: "tar",
};
const TEST_PROGRAMS = {
  aws: "awscli",
  chromium: "chromium",
  conntrack: "conntrack",
  debootstrap: "debootstrap",
  fish: "fish",
  fping: "fping",
  go: "golang-go",
  java: "default-jdk-headless",
  man: "man-db",
  mandoc: "mandoc",
  "nats-server": "nats-server",
  openssl: "openssl",
  pg_createcluster: "postgresql",
  pip3: "python3-pip",
  poetry: "python3-poetry",
  rclone: "rclone",
  rsync: "rsync",
  shellcheck: "shellcheck",
  slowhttptest: "slowhttptest",
  "ssh-audit": "ssh-audit",
  sslscan: "sslscan",
  testssl: "testssl.sh",
  twine: "twine",
  ulogd: "ulogd2 ulogd2-json",
  wget: "wget",
  yarnpkg: "yarnpkg",
  zsh: "zsh",
};

const TERRAFORM = {
  version: "1.11.4",
  sha256: {
    linux_amd64: "1ce994251c00281d6845f0f268637ba50c0005657eb3cf096b92f753b42ef4dc",
    linux_arm64: "a43d1d0da9b9bab214a8305a39db0e40869572594ccf50c416a7756499143633",
    darwin_arm64: "867e0808fa971217043e25b7a792b10720c79b1546f8a68479b74f138be73e18",
  },
};
const MOTO = "moto[server]==5.2.1";
// The last one: the tests run the call that docs/tasks/fpga-with-apyfal.md shows.
const APYFAL = "apyfal==1.2.7";

/** @returns {boolean} */
function onPath(program) {
  const dirs = [...(process.env.PATH ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin", toolsDir];
  return dirs.some((dir) => {
    try {
      accessSync(join(dir, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function run(program, args, options = {}) {
  const result = spawnSync(program, args, { encoding: "utf8", ...options });
  return { ok: result.status === 0, said: `${result.stdout ?? ""}${result.stderr ?? ""}`.trim() };
}

function installDebianPackages(programs) {
  const missing = Object.entries(programs).filter(([program]) => !onPath(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.flatMap(([, names]) => names.split(" ")))];
  const how = `apt-get install ${packages.join(" ")}`;
  if (process.platform !== "linux" || process.getuid?.() !== 0 || !onPath("apt-get")) {
    console.error(`setup: not found: ${missing.map(([program]) => program).join(", ")} (as root: ${how})`);
    return;
  }
  console.error(`setup: installing ${packages.join(", ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  // An installed sshd or systemd must not start anything on this machine.
  const policy = "/usr/sbin/policy-rc.d";
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    run("apt-get", ["update", "-qq"], { env });
    const installed = run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], { env });
    if (!installed.ok) {
      console.error(`${installed.said.split("\n").slice(-5).join("\n")}\nsetup: could not install: try "${how}"`);
    }
  } finally {
    if (ours) rmSync(policy);
  }
}

async function installTerraform() {
  if (onPath("terraform") || onPath("tofu")) return;
  const platform = `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;
  const sha256 = TERRAFORM.sha256[platform];
  const url = `https://releases.hashicorp.com/terraform/${TERRAFORM.version}/terraform_${TERRAFORM.version}_${platform}.zip`;
  const how = `install Terraform >= 1.11 or OpenTofu >= 1.11 and put it on PATH (${url})`;
  if (sha256 === undefined) fail(`no Terraform on PATH, and no pinned release for ${platform}: ${how}`);
  console.error(`setup: fetching Terraform ${TERRAFORM.version}`);
  const work = mkdtempSync(join(makeToolsDir(), "terraform-"));
  try {
    const archive = join(work, "terraform.zip");
    const answer = await fetch(url, { signal: AbortSignal.timeout(300_000) });
    if (!answer.ok) fail(`Terraform could not be fetched (HTTP ${answer.status}): ${how}`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const found = createHash("sha256").update(bytes).digest("hex");
    if (found !== sha256) fail(`the fetched Terraform has SHA-256 ${found}, expected ${sha256}: ${how}`);
    writeFileSync(archive, bytes);
    const unpack = "import sys,zipfile; zipfile.ZipFile(sys.argv[1]).extract('terraform', sys.argv[2])";
    if (!run("python3", ["-c", unpack, archive, work]).ok) fail(`Terraform could not be unpacked: ${how}`);
    run("chmod", ["0755", join(work, "terraform")]);
    renameSync(join(work, "terraform"), join(toolsDir, "terraform"));
  } catch (error) {
    if (error instanceof SetupError) throw error;
    fail(`Terraform could not be fetched (${error.cause?.code ?? error.message}): ${how}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function installMoto() {
  if (onPath("moto_server")) return;
  const how = `pip install '${MOTO}', so that moto_server is on PATH`;
  console.error(`setup: installing ${MOTO} into a virtual environment`);
  const venv = join(root, ".sallyport", "venv");
  makeToolsDir();
  const made = run("python3", ["-m", "venv", venv]).ok && run(join(venv, "bin/pip"), ["install", "--quiet", MOTO]).ok;
  if (!made) {
    rmSync(venv, { recursive: true, force: true });
    fail(`moto_server, the emulator of AWS, is not on PATH and could not be installed: ${how}`);
  }
  symlinkSync(join(venv, "bin/moto_server"), join(toolsDir, "moto_server"));
}

/** Where it cannot be had, the tests drive a stand-in that asks the same. */
function installApyfal() {
  const python = join(root, ".sallyport", "venv", "bin", "python");
  if (!existsSync(python) || run(python, ["-c", "import apyfal"]).ok) return;
  console.error(`setup: installing ${APYFAL}`);
  if (!run(python, ["-m", "pip", "install", "--quiet", "--retries", "1", "--timeout", "10", APYFAL]).ok) {
    console.error(`setup: ${APYFAL} could not be installed: the tests drive a stand-in`);
  }
}

/** What test/judges runs and npm has: pinned by its own lock file, and no part of the kit's dependencies. */
function installJudges() {
  const dir = join(root, "test", "judges");
  const lock = readFileSync(join(dir, "package-lock.json"));
  const installed = join(dir, "node_modules", ".installed-package-lock.json");
  if (existsSync(installed) && readFileSync(installed).equals(lock)) return;
  console.error("setup: installing the tests' judges from npm");
  // No install scripts: one of them reports to its author, and the others only relink what lies there already.
  const result = run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: dir });
  if (!result.ok) fail(`the tests' judges could not be installed: try "npm ci --ignore-scripts" in ${dir}`);
  writeFileSync(installed, lock);
}

function makeToolsDir() {
  mkdirSync(toolsDir, { recursive: true });
  return toolsDir;
}

class SetupError extends Error {}

function fail(line) {
  throw new SetupError(line);
}

try {
  const tests = process.argv.includes("--tests");
  installDebianPackages(tests ? { ...DEMO_PROGRAMS, ...TEST_PROGRAMS } : DEMO_PROGRAMS);
  await installTerraform();
  installMoto();
  if (tests) {
    installApyfal();
    installJudges();
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`setup: ${error.message}`);
  process.exit(1);
}
