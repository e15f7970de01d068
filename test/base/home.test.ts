import { homedir, userInfo } from "node:os";
import { isAbsolute } from "node:path";
import { describe, expect, test } from "vitest";
import { givenHome, homeOf, repairHome } from "../../base/home.js";
import { inSshDir, knownHostsFile } from "../../cli/host.js";
import { tokenStoreFile, vlabTokenFile } from "../../client/gateway/token-store.js";
import { sshConfigFiles } from "../../client/ssh/ssh-config.js";
import { userFilePath } from "../../config/files.js";
import { SettingsFiles } from "../../http/daemon/settings-files.js";
import { stateDir } from "../../mirror/login/store.js";
import { cachePath } from "../../stacks/files.js";
import { sshDir } from "../../stacks/prepare/login-key.js";

const UNUSABLE = [{}, { HOME: "" }, { HOME: "rel" }, { HOME: "./rel" }, { HOME: "~" }, { HOME: " /x" }];

test("an absolute HOME is the home", () => {
  expect(homeOf({ HOME: "/somewhere" })).toBe("/somewhere");
  expect(givenHome({ HOME: "/somewhere" })).toBe("/somewhere");
});

describe.each(UNUSABLE)("S-14: %j", (env) => {
  test("counts as unset", () => {
    expect(givenHome(env)).toBeUndefined();
    expect([homedir(), userInfo().homedir]).toContain(homeOf(env));
  });

  test("puts no key, token, cache or configuration into the working directory", () => {
    const paths = [
      sshDir(env),
      inSshDir(env, "sallyport.key"),
      knownHostsFile(env),
      ...Object.values(sshConfigFiles(env)),
      tokenStoreFile(env),
      vlabTokenFile(env),
      userFilePath(env),
      stateDir(env),
      cachePath(env),
    ];
    for (const path of paths) expect([path, isAbsolute(path) && path.startsWith(homeOf(env))]).toEqual([path, true]);
  });

  test("is no home of a daemon's settings", () => {
    expect(() => new SettingsFiles("agent", env).expand("jobs_dir", "~/jobs")).toThrow("HOME is not set");
  });

  test("is believed by no library and no child", () => {
    const repaired: NodeJS.ProcessEnv = { ...env };
    repairHome(repaired);
    expect(repaired.HOME).toBe("HOME" in env ? homeOf({}) : undefined);
  });
});

test("S-14: a HOME of this process that is relative is no home either", () => {
  const { HOME } = process.env;
  try {
    for (const wrong of ["", "rel"]) {
      process.env.HOME = wrong;
      expect(homeOf(process.env)).toBe(userInfo().homedir);
    }
  } finally {
    if (HOME === undefined) delete process.env.HOME;
    else process.env.HOME = HOME;
  }
});
