import { describe, expect, test } from "vitest";
import { isSecretName, secretShape } from "../../config/secret-shapes.js";
import { seededRandom } from "../support/random.js";

describe("names", () => {
  test.each([
    ...[
      "secret_id",
      "client_id",
      "clientId",
      "API-Key",
      "apikey_2",
      "authToken",
      "db.password",
      "PASSWD",
      "pwd",
      "key",
    ],
    ...["ssl_cert_key", "private_key", "aws_secret_access_key", "Cookie", "passphrase", "signing key", "pin"],
  ])("%j promises a secret", (name) => {
    expect(isSecretName(name) || secretShape(`${name}=x`) !== undefined).toBe(true);
  });

  test.each([
    ...["region", "key_pair", "use_private_ip", "private_ip", "authorized_host_dirs", "auth", "keyboard", "monkey"],
    ...["host_name_prefix", "spinning", "bypass_", "level", "author", "compass"],
  ])("%j does not", (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});

describe("shapes", () => {
  test.each([
    ...[
      "eu-west-1",
      "arn:aws:iam::123456789012:policy/AmazonS3ReadOnlyAccess",
      "i-0123456789abcdef0",
      "~/.ssh/lab.pem",
    ],
    ...["/opt/accelize/accelerator/accelerator", "s3://bucket/a/b/c.dat", "https://example.com:8443/a", "2024-11-21"],
    ...[
      "Deep-Learning-AMI-GPU-PyTorch-2024",
      "/home/ubuntu/projects/fpga-designs_v2/build-2024/output.bin",
      "a: b, c = d",
    ],
    ...["git@github.com:owner/name.git", "123e4567-e89b-12d3-a456-426614174000", "level = 9", "--level 9 --verbose"],
  ])("%j is none", (text) => {
    expect(secretShape(text)).toBeUndefined();
  });

  test("of 3,000 random AWS secret keys, as good as every one is seen under any name", () => {
    const random = seededRandom(9);
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const some = () => Array.from({ length: 40 }, () => alphabet[random.below(64)]).join("");
    expect(Array.from({ length: 3_000 }, some).filter((key) => secretShape(key) === undefined)).toEqual([]);
  });

  test.each(["://a:", "eyJ", "bearer ", "a=", "--token ", "A1b", "eyJaaaaaa."])(
    "a quarter of a megabyte of %j is judged at once",
    (part) => {
      secretShape(part.repeat(2 ** 18 / part.length));
    },
  );
});
