import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { expect, test } from "vitest";
import { defined } from "../../../base/defined.js";
import { callAwsJson, signedHeaders } from "../../../http/client/aws-json.js";
import { startAws } from "../../support/aws-server.js";

class Sha256 {
  readonly #hash;
  constructor(secret?: string | Uint8Array) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret);
  }
  update(data: string | Uint8Array) {
    this.#hash.update(data);
  }
  async digest() {
    return this.#hash.digest();
  }
}

test.each([undefined, "session/token+=="])("signs as the SDK does, with session token %s", async (sessionToken) => {
  const credentials = {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfi",
    ...defined({ sessionToken }),
  };
  const [service, region, host] = ["servicequotas", "eu-west-1", "servicequotas.eu-west-1.amazonaws.com"];
  const body = Buffer.from('{"ServiceCode":"ec2","QuotaCode":"L-74FC7D96"}');
  const now = new Date("2026-12-01T11:22:33.456Z");
  const target = "ServiceQuotasV20190624.GetServiceQuota";
  const ours = signedHeaders({ host, body, now, service, region, target, credentials });
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 as never, applyChecksum: false });
  const headers = { host, "content-type": "application/x-amz-json-1.1", "x-amz-target": target };
  const request = { method: "POST", protocol: "https:", hostname: host, path: "/", headers, body };
  const theirs = await signer.sign(request, { signingDate: now });
  expect(ours).toEqual(theirs.headers);
});

test("a refusal has AWS's code, and a page is none", async () => {
  await startAws({
    GetServiceQuota: { refuse: "com.amazon#AccessDeniedException", message: "no" },
    GetProducts: "<p/>",
  });
  const endpoint = process.env.AWS_ENDPOINT_URL_PRICING ?? "";
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const { signal } = new AbortController();
  const call = { endpoint, service: "x", region: "us-east-1", body: {}, credentials, env: {}, signal };
  await expect(callAwsJson({ ...call, target: "X.GetServiceQuota" })).rejects.toMatchObject({
    name: "AccessDeniedException",
    message: "no",
  });
  await expect(callAwsJson({ ...call, target: "X.GetProducts" })).rejects.toMatchObject({ name: "UnknownError" });
  expect(await callAwsJson({ ...call, target: "X.GetAWSDefaultServiceQuota" })).toEqual({ Quota: { Value: 0 } });
});
