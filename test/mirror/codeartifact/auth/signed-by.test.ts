import { createHash, createHmac } from "node:crypto";
import { request } from "node:http";
import { CreateDomainCommand, DescribeDomainCommand } from "@aws-sdk/client-codeartifact";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defined } from "../../../../base/defined.js";
import { clientOf, startTestMirror, type TestMirror } from "../support/mirror.js";

let it: TestMirror;
beforeAll(async () => {
  it = await startTestMirror();
  await it.client().send(new CreateDomainCommand({ domain: "my-domain" }));
});
afterAll(() => it.stop());

class Sha256 {
  readonly #hash;
  constructor(secret?: Parameters<typeof createHmac>[1]) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret);
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

interface Signing {
  readonly signingDate?: Date;
  readonly host?: string;
  readonly region?: string;
  readonly query?: Record<string, string>;
  readonly change?: (headers: Record<string, string>) => void;
  readonly body?: string;
}

/** A signature by the library that the AWS SDK uses; sent to this mirror whatever host it is for. */
async function ask({ signingDate, host, region = "us-east-1", query, change, body }: Signing) {
  const credentials = { accessKeyId: it.id, secretAccessKey: it.secret };
  const signer = new SignatureV4({ service: "codeartifact", region, credentials, sha256: Sha256 as never });
  const asked = query ?? { domain: "my-domain" };
  const signed = await signer.sign(
    defined({
      method: "GET",
      protocol: "http:",
      hostname: "127.0.0.1",
      path: "/v1/domain",
      query: asked,
      headers: { host: host ?? `127.0.0.1:${it.mirror.port}` },
      body: body === undefined ? undefined : "{}",
    }),
    defined({ signingDate }),
  );
  const headers: Record<string, string> = { ...signed.headers };
  if (body !== undefined) headers["content-length"] = String(body.length);
  change?.(headers);
  const path = `/v1/domain?${new URLSearchParams(asked)}`;
  return new Promise<readonly [number | undefined, string | undefined]>((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port: it.mirror.port, method: "GET", path, headers }, (answer) => {
      answer.resume();
      resolve([answer.statusCode, answer.headers["x-amzn-errortype"] as string | undefined]);
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

const INVALID = [403, "InvalidSignatureException"];
const minutes = (n: number) => new Date(Date.now() + n * 60_000);

describe("P-10 a request has the signature of an access key", () => {
  test("a good one passes, also within five minutes of skew", async () => {
    expect(await ask({})).toEqual([200, undefined]);
    expect(await ask({ signingDate: minutes(-4) })).toEqual([200, undefined]);
    expect(await ask({ signingDate: minutes(4) })).toEqual([200, undefined]);
  });

  test.each<[string, Signing]>([
    ["expired", { signingDate: minutes(-6) }],
    ["not yet current", { signingDate: minutes(6) }],
    ["made for another host and sent again here", { host: "mirror.example.com" }],
    ["made for another region", { region: "eu-west-1" }],
    ["of another body", { body: '{"a":1}' }],
    [
      "with another digit",
      {
        change: (headers) => {
          const last = headers.authorization?.at(-1) === "0" ? "1" : "0";
          headers.authorization = `${headers.authorization?.slice(0, -1)}${last}`;
        },
      },
    ],
    [
      "that leaves a header of AWS out",
      {
        change: (headers) => {
          headers["x-amz-target"] = "CodeArtifact.DeleteDomain";
        },
      },
    ],
  ])("a signature %s is refused", async (_what, signing) => {
    expect(await ask(signing)).toEqual(INVALID);
  });

  test("no signature, half of one, an unknown key and a wrong secret are told apart", async () => {
    const drop = (headers: Record<string, string>) => void delete headers.authorization;
    expect(await ask({ change: drop })).toEqual([403, "MissingAuthenticationTokenException"]);
    const cut = (headers: Record<string, string>) => {
      headers.authorization = "AWS4-HMAC-SHA256 Credential=x";
    };
    expect(await ask({ change: cut })).toEqual([403, "IncompleteSignatureException"]);
    const describeIt = new DescribeDomainCommand({ domain: "my-domain" });
    const unknown = clientOf(it.mirror.url, "AKIANOBODYNOBODYNOBO", it.secret).send(describeIt);
    await expect(unknown).rejects.toMatchObject({ name: "UnrecognizedClientException" });
    const wrong = it.client("not-the-secret").send(describeIt);
    await expect(wrong).rejects.toMatchObject({ name: "InvalidSignatureException" });
  });
});

describe("an emulator", () => {
  test("takes any credentials, in any region, and is refused where others could reach it", async () => {
    const emulator = await startTestMirror("emulator: true");
    const { domain } = await emulator.client("whatever").send(new CreateDomainCommand({ domain: "my-domain" }));
    expect(domain?.name).toBe("my-domain");
    expect((await fetch(`${emulator.mirror.url}/v1/domain?domain=my-domain`)).status).toBe(403);
    await emulator.stop();
    const open = import("../../../../mirror/settings/parse.js").then(({ parseConfig }) =>
      parseConfig("emulator: true\nlisten: { address: 192.0.2.1 }", "mirror.yaml"),
    );
    await expect(open).rejects.toMatchObject({ code: "mirror/emulator-not-local" });
  });
});

test("two servers on one directory: the second is refused", async () => {
  await expect(startTestMirror("", it.dir)).rejects.toMatchObject({ code: "mirror/directory-held" });
});
