/**
 * The servers that are compared, each started as its own users would start it, with one certificate and one
 * cipher. Ours has the directory guard, the token check and the access log on; the others have what their
 * column in README.md says.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";

export const TOKEN = "bench-token-0123456789abcdefghijklmnop";
const CIPHER = "TLS_AES_256_GCM_SHA384";

export interface Place {
  /** Holds configuration, logs and the certificate. */
  readonly dir: string;
  /** Served by everybody. */
  readonly files: string;
  readonly node: string;
  readonly agent: string;
  /** Words before a server's command line: where it may run. */
  readonly pin: readonly string[];
  /** More lines of our agent.yaml. */
  readonly more?: string;
}

export interface Contestant {
  readonly name: string;
  /** URL of a file name. */
  url(file: string): string;
  readonly child: ChildProcess;
  /** File with what it printed. */
  readonly log: string;
  /** Whether an answered PUT is on the disk; else the client has to see to it. */
  readonly durable: boolean;
  readonly puts: boolean;
  /** Whether it reads files at all. */
  readonly reads: boolean;
}

type Start = (place: Place, port: number) => Omit<Contestant, "name">;

const STARTS: Readonly<Record<string, Start>> = {
  ours(place, port) {
    const { dir, files } = place;
    const config = join(dir, "agent.yaml");
    writeFileSync(join(dir, "token"), TOKEN, { mode: 0o600 });
    writeFileSync(
      config,
      `name: bench
listen: { address: "127.0.0.1", https_port: ${port}, http_port: false }
tls: { cert: ${dir}/cert.pem, key: ${dir}/key.pem }
token: ${dir}/token
authorized_host_dirs: [{ name: files, path: ${files}, mode: rw }]
${place.more ?? ""}`,
    );
    const launched = launch(place, "ours", [place.node, place.agent, "serve", "--config", config], { HOME: dir });
    return {
      ...launched,
      url: (file) => `https://127.0.0.1:${port}/v1/files/files/${file}`,
      durable: true,
      puts: true,
      reads: true,
    };
  },

  nginx: (place, port) => nginx(place, port, "nginx", ""),

  /** With the duties that ours has: a line for each request, a token, and no links followed. */
  "nginx with duties": (place, port) =>
    nginx(
      place,
      port,
      "nginx-duties",
      `access_log ${place.dir}/nginx-access.log combined;
       disable_symlinks on from=${place.files};
       if ($http_authorization != "Bearer ${TOKEN}") { return 401; }`,
    ),

  caddy(place, port) {
    const file = join(place.dir, "Caddyfile");
    writeFileSync(
      file,
      `{
  admin off
  auto_https off
}
https://127.0.0.1:${port} {
  tls ${place.dir}/cert.pem ${place.dir}/key.pem {
    protocols tls1.3 tls1.3
  }
  root * ${place.files}
  file_server
}
`,
    );
    const launched = launch(place, "caddy", ["caddy", "run", "--config", file, "--adapter", "caddyfile"], {
      HOME: place.dir,
      GOMAXPROCS: "1",
    });
    return {
      ...launched,
      url: (name) => `https://127.0.0.1:${port}/${name}`,
      durable: false,
      puts: false,
      reads: true,
    };
  },

  "plain node"(place, port) {
    const { dir, files } = place;
    const script = join(import.meta.dirname, "plain.mjs");
    const args = [place.node, script, String(port), `${dir}/cert.pem`, `${dir}/key.pem`, files];
    return {
      ...launch(place, "plain", args),
      url: (file) => `https://127.0.0.1:${port}/${file}`,
      durable: true,
      puts: true,
      reads: true,
    };
  },

  /** One answer from memory whatever is asked: no program on Node's HTTP server can be faster. */
  "constant node"(place, port) {
    const script = join(import.meta.dirname, "constant.mjs");
    const args = [place.node, script, String(port), `${place.dir}/cert.pem`, `${place.dir}/key.pem`];
    return {
      ...launch(place, "constant", args),
      url: () => `https://127.0.0.1:${port}/`,
      durable: false,
      puts: false,
      reads: false,
    };
  },
};

export const NAMES = Object.keys(STARTS);

/** Programs that are not on this machine, with the package that has them. */
export function missingPrograms(): string[] {
  const needed = { nginx: "nginx-light", caddy: "caddy", wrk: "wrk", curl: "curl", openssl: "openssl" };
  return Object.entries(needed).flatMap(([program, pkg]) => (hasProgram(program) ? [] : [pkg]));
}

export function hasProgram(program: string): boolean {
  try {
    execFileSync("sh", ["-c", 'command -v "$0"', program], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export function makeCertificate(dir: string): void {
  const files = ["-keyout", join(dir, "key.pem"), "-out", join(dir, "cert.pem")];
  const names = ["-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...files, ...names], { stdio: "ignore" });
}

/** Started and listening. */
export async function start(name: string, place: Place): Promise<Contestant> {
  const port = await freePort();
  const begin = STARTS[name];
  if (begin === undefined) throw new Error(`there is no contestant "${name}": ${NAMES.join(", ")}`);
  const contestant = { name, ...begin(place, port) };
  if (await answers(port, contestant.child)) return contestant;
  await stop(contestant);
  throw new Error(`"${name}" does not listen: ${readFileSync(contestant.log, "utf8").slice(-2_000)}`);
}

export async function stop({ child }: Contestant): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 3_000);
  await gone;
  clearTimeout(timer);
}

function nginx(place: Place, port: number, tag: string, duties: string): Omit<Contestant, "name"> {
  const { dir, files } = place;
  const file = join(dir, `${tag}.conf`);
  // On the files' own file system: an upload is then renamed, not copied.
  const bodies = `${files}/.${tag}-bodies`;
  mkdirSync(bodies, { recursive: true });
  const temporary = ["proxy", "fastcgi", "uwsgi", "scgi"].map((what) => `${what}_temp_path ${dir}/${tag}-${what};`);
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${dir}/${tag}.pid; error_log ${dir}/${tag}.err;
${process.getuid?.() === 0 ? "user root;" : ""}
events { worker_connections 4096; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; client_max_body_size 0;
  default_type application/octet-stream; client_body_temp_path ${bodies}; ${temporary.join(" ")}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${dir}/cert.pem; ssl_certificate_key ${dir}/key.pem;
    ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites ${CIPHER};
    location / { root ${files}; dav_methods PUT; ${duties} }
  }
}
`,
  );
  const launched = launch(place, tag, ["nginx", "-c", file, "-p", dir]);
  return { ...launched, url: (name) => `https://127.0.0.1:${port}/${name}`, durable: false, puts: true, reads: true };
}

function launch(place: Place, tag: string, command: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const [program = "", ...args] = [...place.pin, ...command];
  const log = join(place.dir, `${tag}.log`);
  const fd = openSync(log, "a");
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", fd, fd] });
  closeSync(fd);
  return { child, log };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function answers(port: number, child: ChildProcess): Promise<boolean> {
  const until = performance.now() + 15_000;
  while (performance.now() < until && child.exitCode === null) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.once("connect", () => socket.destroy());
      socket.once("error", () => resolve(false));
    });
    if (open) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
