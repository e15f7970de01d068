import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { readAwsProfiles } from "../../config/aws-profiles.js";
import { loadConfig } from "../../config/load.js";
import { test } from "../fixtures/temporary.js";

const CONFIG = `# comment
[default]
region = us-west-2
s3 =
  region = eu-north-1
[profile dev]
Region=eu-west-1 ; near
[profile "with space"]
region = ap-south-1
[profile empty]
region =
[sso-session dev]
region = eu-south-1
[services dev]
region = eu-south-2
[plain]
region = sa-east-1
[ profile dev ]
role_arn = arn:aws:iam::123456789012:role/x
`;
const CREDENTIALS = "[keys]\naws_access_key_id = AKIA\nregion = ca-central-1\n[dev]\naws_session_token = abc==\n";

async function home(dir: string): Promise<Record<string, string>> {
  await mkdir(join(dir, ".aws"));
  await writeFile(join(dir, ".aws/config"), CONFIG);
  await writeFile(join(dir, ".aws/credentials"), CREDENTIALS);
  return { HOME: dir };
}

describe("S-12: the profile in effect", () => {
  test("is the named one, else the default, with what both files say", async ({ dir }) => {
    const env = await home(dir);
    const region = async (AWS_PROFILE?: string) =>
      (await readAwsProfiles({ ...env, AWS_PROFILE })).setting("region")?.value;
    expect(await region()).toBe("us-west-2");
    expect(await region("")).toBe("us-west-2");
    expect(await region("dev")).toBe("eu-west-1");
    expect(await region("with space")).toBe("ap-south-1");
    expect(await region("keys")).toBe("ca-central-1");
    // Other kinds of sections, an empty value, and a name without "profile" in the configuration file.
    for (const name of ["empty", "sso-session dev", "plain", "none"]) expect(await region(name)).toBeUndefined();
    const dev = await readAwsProfiles({ ...env, AWS_PROFILE: "dev" });
    expect(dev.names).toEqual(["default", "dev", "empty", "keys", "with space"]);
    expect(dev.setting("role_arn")?.file).toBe(join(dir, ".aws/config"));
    expect(dev.setting("aws_session_token")).toEqual({ value: "abc==", file: join(dir, ".aws/credentials") });
  });

  test("lies where AWS's variables say, and a missing file is an empty one", async ({ dir }) => {
    const env = await home(dir);
    await writeFile(join(dir, "other"), "[default]\nregion = eu-west-3\n");
    for (const AWS_CONFIG_FILE of ["~/other", join(dir, "other")]) {
      const { config, origins } = await loadConfig({ cwd: join(dir, "project"), env: { ...env, AWS_CONFIG_FILE } });
      expect([config.region, origins.region.where]).toEqual(["eu-west-3", "profile default in ~/other"]);
    }
    const none = { AWS_CONFIG_FILE: join(dir, "no"), AWS_SHARED_CREDENTIALS_FILE: dir };
    expect((await readAwsProfiles({ ...env, ...none })).names).toEqual([]);
  });

  test("with a region that is none is refused with its place", async ({ dir }) => {
    const env = await home(dir);
    await writeFile(join(dir, ".aws/config"), "[default]\nregion = Ireland\n");
    await expect(loadConfig({ cwd: dir, env })).rejects.toMatchObject({
      message: 'profile default in .aws/config: region is "Ireland"',
    });
  });
});
