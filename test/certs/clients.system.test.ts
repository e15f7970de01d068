/** Real TLS clients accept the certificate as their only trust anchor, and nothing else. */
import { createHash, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunResult } from "../../base/process/run.js";
import { issueCertificate } from "../../certs/issue.js";
import { run } from "../support/run.js";

interface Served {
  readonly crt: string;
  readonly port: number;
  readonly server: Server;
}

let dir: string;
let named: Served;
let wildcard: Served;
/** Another certificate of the same name, as an impostor could make it. */
let foreign: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sallyport-clients-"));
  named = await serve("named", ["*", "localhost", "127.0.0.1", "::1"]);
  wildcard = await serve("wildcard", ["*"]);
  foreign = join(dir, "foreign.crt");
  await writeFile(
    foreign,
    (await issueCertificate({ commonName: "named", names: ["*", "localhost", "127.0.0.1"] })).cert,
  );
});

afterAll(async () => {
  for (const { server } of [named, wildcard]) server.close();
  await rm(dir, { recursive: true, force: true });
});

async function serve(name: string, names: string[]): Promise<Served> {
  const { cert, key } = await issueCertificate({ commonName: name, names });
  const crt = join(dir, `${name}.crt`);
  await writeFile(crt, cert);
  const server = createServer({ cert, key }, (_request, response) => response.end("hello from the host"));
  const port = await new Promise<number>((resolve, reject) => {
    server.on("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  return { crt, port, server };
}

const file = (name: string): string => fileURLToPath(new URL(`support/${name}`, import.meta.url));

/** How a client is told: fetch `url`, trust `crt`, and with `anyName` let the certificate alone be the identity. */
type Client = (url: string, crt: string, anyName?: boolean) => Promise<RunResult>;

/** With a pin, curl checks the key even under --insecure: its only way to leave the name out. */
async function publicKeyPin(crt: string): Promise<string> {
  const { publicKey } = new X509Certificate(await readFile(crt));
  const der = publicKey.export({ type: "spki", format: "der" });
  return `sha256//${createHash("sha256").update(der).digest("base64")}`;
}

const script =
  (program: string, ...args: string[]): Client =>
  (url, crt, anyName = false) =>
    // No extra anchors from the environment: this is about the one file.
    run(program, [...args, url, crt, ...(anyName ? ["any-name"] : [])], {
      env: { NODE_EXTRA_CA_CERTS: undefined, SSL_CERT_FILE: undefined },
      timeoutMs: 600_000,
    });

/** Compiled once: `go run` would compile for each test. */
const go: Client = async (...args) => {
  const program = join(dir, "trust-one-go");
  const cache = { GOCACHE: join(dir, "go-cache"), GOFLAGS: "-mod=mod" };
  goBuild ??= run("go", ["build", "-o", program, file("trust_one.go")], { env: cache, timeoutMs: 600_000 });
  const built = await goBuild;
  return built.exitCode === 0 ? script(program)(...args) : built;
};
let goBuild: Promise<RunResult> | undefined;

const clients: { name: string; program: string; client: Client; refusal: RegExp }[] = [
  {
    name: "curl",
    program: "curl",
    client: async (url, crt, anyName = false) => {
      const trust = anyName ? ["--insecure", "--pinnedpubkey", await publicKeyPin(crt)] : ["--cacert", crt];
      return run("curl", ["-sS", "--noproxy", "*", "--max-time", "300", ...trust, url]);
    },
    refusal: /self.signed certificate|unable to get local issuer|does not match pinned public key/,
  },
  {
    name: "Python with VERIFY_X509_STRICT",
    program: "python3",
    client: script("python3", file("trust_one.py")),
    refusal: /CERTIFICATE_VERIFY_FAILED/,
  },
  {
    name: "Node",
    program: "node",
    client: script(process.execPath, file("trust-one.mjs")),
    refusal: /DEPTH_ZERO_SELF_SIGNED_CERT/,
  },
  {
    name: "Java",
    program: "java",
    client: script("java", file("TrustOne.java")),
    refusal: /SSLHandshakeException/,
  },
  {
    name: "Go",
    program: "go",
    client: go,
    refusal: /x509: certificate signed by unknown authority/,
  },
];

async function missing(program: string): Promise<string | undefined> {
  return (await run("which", [program])).exitCode === 0 ? undefined : `${program} is not installed`;
}

describe.each(clients)("$name", ({ program, client, refusal }) => {
  test.for(["localhost", "127.0.0.1"])("reaches https://%s by the name in the certificate", async (host, ctx) => {
    const reason = await missing(program);
    if (reason !== undefined) return ctx.skip(reason);
    const result = await client(`https://${host}:${named.port}/`, named.crt);
    expect(result.stdout, result.stderr).toBe("hello from the host");
  });

  test("refuses a host whose certificate is another one, the same names or not", async (ctx) => {
    const reason = await missing(program);
    if (reason !== undefined) return ctx.skip(reason);
    const result = await client(`https://localhost:${named.port}/`, foreign);
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toMatch(refusal);
  });

  test("refuses a name that only the wildcard could cover, as long as names are checked", async (ctx) => {
    const reason = await missing(program);
    if (reason !== undefined) return ctx.skip(reason);
    const result = await client(`https://127.0.0.1:${wildcard.port}/`, wildcard.crt);
    expect(result.exitCode).not.toBe(0);
    expect(result.stdout).toBe("");
  });

  test("takes the wildcard for any address where the certificate itself is the identity", async (ctx) => {
    const reason = await missing(program);
    if (reason !== undefined) return ctx.skip(reason);
    const result = await client(`https://127.0.0.1:${wildcard.port}/`, wildcard.crt, true);
    expect(result.stdout, result.stderr).toBe("hello from the host");
    const impostor = await client(`https://localhost:${named.port}/`, wildcard.crt, true);
    expect(impostor.exitCode).not.toBe(0);
    expect(impostor.stderr).toMatch(refusal);
  });
});

test("curl reaches any host by a name of the certificate with --connect-to", async () => {
  const url = `https://localhost:${named.port}/`;
  const result = await run("curl", [
    ...["-sS", "--noproxy", "*", "--max-time", "300", "--cacert", named.crt],
    ...["--connect-to", `localhost:${named.port}:127.0.0.1:${named.port}`, url],
  ]);
  expect(result.stdout, result.stderr).toBe("hello from the host");
});

describe("openssl verify -x509_strict", () => {
  test.each([["named"], ["wildcard"]])(
    "takes the %s certificate as its own anchor, for any purpose of a TLS server",
    async (name) => {
      const crt = join(dir, `${name}.crt`);
      for (const more of [[], ["-purpose", "sslserver"], ["-partial_chain"], ["-check_ss_sig"]]) {
        const result = await run("openssl", ["verify", "-x509_strict", ...more, "-CAfile", crt, crt]);
        expect(result.stdout, result.stderr).toBe(`${crt}: OK`);
      }
    },
  );

  test("does not take its key as one that may sign for others", async () => {
    const { cert, key } = await issueCertificate({ commonName: "named" });
    await writeFile(join(dir, "a.crt"), cert);
    await writeFile(join(dir, "a.key"), key);
    const made = await run("openssl", [
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 9 -subj /CN=victim.example -keyout /dev/null".split(
        " ",
      ),
      ...["-CA", join(dir, "a.crt"), "-CAkey", join(dir, "a.key"), "-out", join(dir, "child.crt")],
    ]);
    expect(made.exitCode, made.stderr).toBe(0);
    const result = await run("openssl", ["verify", "-CAfile", join(dir, "a.crt"), join(dir, "child.crt")]);
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toMatch(/invalid CA certificate|unable to get (local )?issuer/);
  });

  test("prints the extensions as they were meant", async () => {
    const { stdout } = await run("openssl", ["x509", "-in", named.crt, "-noout", "-ext", EXTENSIONS]);
    expect(stdout.replace(/([0-9A-F]{2}:){19}[0-9A-F]{2}/g, "KEY-ID").replace(/ +$/gm, "")).toMatchInlineSnapshot(`
      "X509v3 Basic Constraints: critical
          CA:FALSE
      X509v3 Extended Key Usage:
          TLS Web Server Authentication
      X509v3 Subject Key Identifier:
          KEY-ID
      X509v3 Authority Key Identifier:
          KEY-ID
      X509v3 Subject Alternative Name:
          DNS:*, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1"
    `);
  });
});

const EXTENSIONS =
  "basicConstraints,keyUsage,extendedKeyUsage,subjectAltName,subjectKeyIdentifier,authorityKeyIdentifier";
