/** A machine of a fleet names itself: the real script and the real curl, with a metadata service of our own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type BootScriptOptions, bootScript } from "../../../stacks/boot/render-host.js";
import { CERTIFICATE } from "../support/sample.js";

const options: BootScriptOptions = {
  sshUser: "ubuntu",
  region: "eu-west-1",
  archive: { url: "https://bucket.s3.eu-west-1.amazonaws.com/runtime/x.tar.gz", sha256: "ab".repeat(32) },
  certificate: CERTIFICATE,
};

let service: Server;
let instanceId = "";
beforeAll(async () => {
  // Version 2 of the service: a token first, and nothing without it.
  service = createServer((request, response) => {
    if (request.method === "PUT" && request.url === "/latest/api/token") return response.end("a-token");
    const isKnown = request.headers["x-aws-ec2-metadata-token"] === "a-token";
    if (!isKnown) return response.writeHead(401).end();
    if (request.url === "/latest/meta-data/instance-id") return response.end(instanceId);
    return response.writeHead(404).end();
  });
  await once(service.listen(0, "127.0.0.1"), "listening");
});
afterAll(() => service.close());

/** The script up to where it begins to change the machine. */
async function boot(): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const text = bootScript(options)
    .replace("http://169.254.169.254", `http://127.0.0.1:${(service.address() as AddressInfo).port}`)
    .replace("retry 60 1 name_itself", "retry 2 0 name_itself");
  const head = text.slice(0, text.indexOf('say "setting up'));
  const child = spawn("/bin/bash", ["--norc", "-s"], { env: { PATH: process.env.PATH } });
  const written = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      written[name] += chunk;
    });
  }
  child.stdin.end(`${head}\nprintf '%s\\n' "$host" "$agent_yaml"\n`);
  const [status] = (await once(child, "close")) as [number | null];
  return { status, ...written };
}

describe("the boot script without a name", () => {
  test("is one for all machines, and each takes the id of its instance as name", async () => {
    instanceId = "i-0123456789abcdef0";
    const { status, stdout, stderr } = await boot();
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const [host, yaml = ""] = stdout.split("\n");
    expect(host).toBe(instanceId);
    expect(parse(Buffer.from(yaml, "base64").toString())).toMatchObject({
      name: instanceId,
      listen: { https_port: 443 },
    });
    expect(bootScript(options)).not.toContain(instanceId);
  });

  test.each(["", "x; reboot", "i-0123/&", "../../etc", "i-ABCDEF01"])(
    "is not misled by the answer %j",
    async (answer) => {
      instanceId = answer;
      const { status, stdout, stderr } = await boot();
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(stderr).toBe("sallyport: error: EC2 does not tell this machine its instance id\n");
    },
  );
});
