import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { keyHint, openKey } from "../../../client/ssh/agent-key.js";
import { writeKnownHosts } from "../../../client/ssh/known-hosts.js";
import { CLOSED_DOORS, closedDoors, findSsh, runSsh, sshArguments } from "../../../client/ssh/openssh.js";
import { hostBlocks, installSshConfig, removeSshConfig, type SshConfigHost } from "../../../client/ssh/ssh-config.js";
import { SshSession } from "../../../client/ssh/ssh-session.js";
import { run, runOk } from "../../support/run.js";
import { type Sshd, startSshd } from "../support/sshd.js";
import { temporaryDir } from "../support/temporary.js";

async function targetOf(sshd: Sshd, knownHosts = join(sshd.dir, "known hosts 100%")) {
  await writeKnownHosts(knownHosts, "i-0abc", 22, sshd.hostKeys);
  const { port, username, keyPair } = sshd;
  return { host: "127.0.0.1", port, username, identity: keyPair.privatePath, knownHosts, hostKeyAlias: "i-0abc" };
}

describe("the machine's own ssh", () => {
  it.each(["rsa", "ed25519"] as const)("opens a session with the generated %s key", async (keyType) => {
    const target = await targetOf(await startSshd({ keyType }));
    const { stdout } = await runOk("ssh", sshArguments(target, ["printf", "%s-", "a", "b"]));
    expect(stdout).toBe("a-b-");
  });

  it("is found on PATH, or is not there", async () => {
    expect(findSsh({ PATH: `/nowhere:${process.env.PATH}` })).toMatch(/\/ssh$/);
    expect(findSsh({ PATH: await temporaryDir() })).toBeUndefined();
    expect(findSsh({})).toBeUndefined();
  });

  it("hands its exit status on", async () => {
    const target = await targetOf(await startSshd());
    expect(await runSsh("ssh", sshArguments(target, ["exit 23"]), process.env)).toBe(23);
  });

  it("refuses a host whose key is another, whatever the user's own configuration says", async () => {
    const [sshd, other] = [await startSshd(), await startSshd()];
    const target = await targetOf(sshd);
    await writeKnownHosts(target.knownHosts, "i-0abc", 22, other.hostKeys);
    const lenient = join(sshd.dir, "lenient");
    await writeFile(join(sshd.dir, "all_known"), sshd.hostKeys.map((key) => `* ${key}`).join(""));
    await writeFile(
      lenient,
      [
        "StrictHostKeyChecking no",
        "NoHostAuthenticationForLocalhost yes",
        `GlobalKnownHostsFile ${join(sshd.dir, "all_known")}`,
        `KnownHostsCommand /bin/cat ${join(sshd.dir, "all_known")}`,
        "HostKeyAlias *",
        "",
      ].join("\n"),
    );
    // The control: with that configuration alone, ssh trusts anything.
    const { port, username, keyPair } = sshd;
    const bare = ["-F", lenient, "-i", keyPair.privatePath, "-p", String(port), `${username}@127.0.0.1`, "true"];
    expect((await run("ssh", ["-o", "BatchMode=yes", ...bare])).exitCode).toBe(0);
    const { exitCode, stderr } = await run("ssh", ["-F", lenient, ...sshArguments(target, ["true"])]);
    expect(exitCode).toBe(255);
    expect(stderr).toContain("Host key verification failed");
  });

  it("T-10: takes ssh's own options, which may name another port and user, and open no closed door", async () => {
    const target = { ...(await targetOf(await startSshd())), port: 22 };
    const more = ["-p", "2222", "-l", "other", "-L", "8888:localhost:8888", "-o", "StrictHostKeyChecking=no"];
    const { stdout } = await runOk("ssh", ["-G", ...sshArguments(target, [], more)]);
    const settings = stdout.split("\n");
    for (const line of [
      "port 2222",
      "user other",
      "localforward 8888 [localhost]:8888",
      "stricthostkeychecking true",
    ]) {
      expect(settings).toContain(line);
    }
  });

  it("T-13: sets no option that an older ssh does not know", async () => {
    const dir = await temporaryDir();
    const old = join(dir, "old-ssh");
    await writeFile(old, "#!/bin/sh\ncase $* in *KnownHostsCommand*) exit 255 ;; esac\n", { mode: 0o755 });
    const { KnownHostsCommand: _, ...others } = CLOSED_DOORS;
    expect(await closedDoors(old)).toEqual(others);
    expect(await closedDoors("ssh")).toEqual(CLOSED_DOORS);
  });

  it("refuses a host that is not in the file: no trust on first use", async () => {
    const sshd = await startSshd();
    const target = { ...(await targetOf(sshd)), hostKeyAlias: "i-0other" };
    const { exitCode, stderr } = await run("ssh", sshArguments(target, ["true"]));
    expect(exitCode).toBe(255);
    expect(stderr).toContain("Host key verification failed");
  });
});

describe.each(["rsa", "ed25519"] as const)("T-08: a %s key under a passphrase", (keyType) => {
  it("opens a session through ssh-agent, with OpenSSH and with the built-in client", async () => {
    const sshd = await startSshd({ keyType });
    const { identity } = sshd.keyPair;
    const env = { ...process.env, SSH_AUTH_SOCK: join(sshd.dir, "agent") };
    await runOk("ssh-keygen", ["-p", "-q", "-N", "secret", "-f", identity]);
    await expect(openKey(identity, { ...env, SSH_AUTH_SOCK: undefined })).rejects.toMatchObject({
      code: "certs/key-not-in-agent",
      hint: `start one: eval "$(ssh-agent)"; then add it: ssh-add ${identity}`,
    });
    const agent = spawn("ssh-agent", ["-D", "-a", env.SSH_AUTH_SOCK], { stdio: ["ignore", "pipe", "ignore"] });
    onTestFinished(() => void agent.kill());
    await once(agent.stdout, "data");
    expect(await keyHint(identity, env)).toContain(`ssh-agent does not have it; add it: ssh-add ${identity}`);

    const askpass = join(sshd.dir, "askpass");
    await writeFile(askpass, "#!/bin/sh\necho secret\n", { mode: 0o755 });
    await runOk("ssh-add", [identity], { env: { ...env, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: "force" } });
    expect(await keyHint(identity, env)).toBeUndefined();
    const { stdout } = await runOk("ssh", sshArguments(await targetOf(sshd), ["echo", "in"], ["-oBatchMode=yes"]), {
      env,
    });
    expect(stdout).toBe("in");
    const { port, username, hostKeys } = sshd;
    const key = await openKey(identity, env);
    const session = await SshSession.connect({ host: "127.0.0.1", port, username, hostKeys, ...key });
    expect((await session.exec("echo in")).stdout).toBe("in\n");
    session.close();
  });
});

describe("ssh-config, as OpenSSH reads it", () => {
  const host = (sshd: Sshd, knownHosts: string): SshConfigHost => ({
    name: "accelerator-1",
    address: "127.0.0.1",
    port: sshd.port,
    username: sshd.username,
    identity: sshd.keyPair.privatePath,
    knownHosts,
    hostKeyAlias: "i-0abc",
  });

  it("T-13: lets plain ssh NAME in, beside what the user had, until it is removed", async () => {
    const sshd = await startSshd();
    const dir = join(sshd.dir, "dot ssh");
    await mkdir(dir);
    const files = { main: join(dir, "config"), own: join(dir, "sallyport.config") };
    await writeFile(files.main, "Host mine\n  User someone-else\n");
    const { knownHosts } = await targetOf(sshd);
    const plain = knownHosts.replace("100%", "x");
    await writeKnownHosts(plain, "i-0abc", 22, sshd.hostKeys);
    await installSshConfig(files, "/a/project", [host(sshd, plain)]);

    const settings = (await runOk("ssh", ["-G", "-F", files.main, "accelerator-1"])).stdout.split("\n");
    expect(settings).toEqual(
      expect.arrayContaining([
        "hostname 127.0.0.1",
        `port ${sshd.port}`,
        `user ${sshd.username}`,
        `identityfile ${sshd.keyPair.privatePath}`,
        "identitiesonly yes",
        "stricthostkeychecking true",
        `userknownhostsfile ${plain}`,
        "hostkeyalias i-0abc",
      ]),
    );
    expect((await runOk("ssh", ["-G", "-F", files.main, "mine"])).stdout).toContain("user someone-else\n");
    expect((await runOk("ssh", ["-F", files.main, "accelerator-1", "echo in"])).stdout).toBe("in");

    // T-13: the same closed doors as sallyport ssh, whatever the user set for all hosts.
    const lenient = ["StrictHostKeyChecking no", "VerifyHostKeyDNS yes", "NoHostAuthenticationForLocalhost yes"];
    const command = "KnownHostsCommand /bin/cat /etc/hosts";
    const text = await readFile(files.main, "utf8");
    await writeFile(files.main, [text, "Host *", ...lenient, command, "UpdateHostKeys yes", ""].join("\n"));
    const closed = (await runOk("ssh", ["-G", "-F", files.main, "accelerator-1"])).stdout.toLowerCase().split("\n");
    const bare = ["-G", "-F", "/dev/null", ...sshArguments({ ...host(sshd, plain), host: "127.0.0.1" })];
    const direct = (await runOk("ssh", bare)).stdout.toLowerCase().split("\n");
    for (const name of Object.keys(CLOSED_DOORS).map((door) => door.toLowerCase())) {
      const line = closed.find((each) => each.startsWith(`${name} `));
      expect([name, line]).toEqual([name, direct.find((each) => each.startsWith(`${name} `))]);
    }

    await removeSshConfig(files, "/a/project");
    expect((await runOk("ssh", ["-G", "-F", files.main, "accelerator-1"])).stdout).toContain(
      "hostname accelerator-1\n",
    );
  });

  it("keeps an IPv6 address and a home-relative path", async () => {
    const dir = await temporaryDir();
    const file = join(dir, "blocks");
    const text = hostBlocks(
      [
        {
          name: "v6",
          address: "2001:db8::7",
          username: "ubuntu",
          identity: "/home/ada/.ssh/sallyport.pem",
          knownHosts: "/home/ada/.ssh/sallyport_known_hosts",
          hostKeyAlias: "i-0v6",
        },
      ],
      "/home/ada",
    );
    await writeFile(file, text);
    expect(text).toContain("IdentityFile ~/.ssh/sallyport.pem\n");
    const { stdout } = await runOk("ssh", ["-G", "-F", file, "v6"]);
    expect(stdout).toContain("hostname 2001:db8::7\n");
    expect(stdout).toContain("identityfile ~/.ssh/sallyport.pem\n");
  });
});
