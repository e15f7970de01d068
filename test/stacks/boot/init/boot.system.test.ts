/** The part of the boot script that is about init_script and init_config, run as root over an empty /etc. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { InitFiles } from "../../../../stacks/boot/init/init-files.js";
import { bootScript } from "../../../../stacks/boot/render-host.js";

const namespaces = ["unshare", "--user", "--map-root-user", "--mount"] as const;
const canIsolate =
  spawnSync(namespaces[0], [...namespaces.slice(1), "mount", "-t", "tmpfs", "tmpfs", "/etc"]).status === 0;
if (!canIsolate) console.warn("skipped: no mount namespace for this user (unshare -rm)");

/** The functions, the configuration, and what follows "host ready"; between them lie units and downloads. */
function initPart(init: InitFiles): string {
  const text = bootScript({
    host: "accelerator-1",
    sshUser: "ubuntu",
    region: "eu-west-1",
    archive: { url: "https://example.com/x", sha256: "ab".repeat(32) },
    init,
  });
  const ready = 'say "host ready"\n';
  return text.slice(0, text.indexOf('say "setting up')) + text.slice(text.indexOf(ready) + ready.length);
}

function run(init: InitFiles, afterwards: string) {
  const part = initPart(init);
  const script = `mount -t tmpfs tmpfs /etc\ncd /\nboot() { /bin/bash -c "$part"; }\nboot; echo "status $?"\n${afterwards}`;
  const { stdout, stderr } = spawnSync(namespaces[0], [...namespaces.slice(1), "/bin/bash", "-c", script], {
    encoding: "utf8",
    // Bash that finds a socket on its standard input takes itself for a remote shell, and reads ~/.bashrc.
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, part },
  });
  return { stdout, stderr };
}

describe.runIf(canIsolate)("at the first boot", () => {
  test("A-57: the script runs once, as root, under a bash of its own", () => {
    const script =
      'echo "uid $(id -u) options $- args $#"\nfalse\necho "$unset went on" | cat\nread -r line || echo "no input"\n';
    const { stdout, stderr } = run({ script }, 'boot; echo "status $?"\nstat -c "%a %n" /etc/sallyport/init/script\n');
    expect(stderr).toBe("");
    expect(stdout).toMatchInlineSnapshot(`
      "sallyport: init_script begins
      uid 0 options hB args 0
       went on
      no input
      sallyport: init_script done
      status 0
      sallyport: init_script has run before
      status 0
      700 /etc/sallyport/init/script
      "
    `);
  });

  test("its failure is said, and is none of the boot script's", () => {
    const { stdout, stderr } = run({ script: "echo begins\nexit 7\n" }, "");
    expect(stderr).toBe("sallyport: error: init_script ended with status 7; the agent is up all the same\n");
    expect(stdout).toBe("sallyport: init_script begins\nbegins\nstatus 0\n");
  });

  test("one that ends the machine does not run again when it comes back", () => {
    const { stdout } = run({ script: "echo once\nkill -9 $PPID\n" }, 'boot; echo "status $?"\n');
    expect(stdout).toBe(
      "sallyport: init_script begins\nonce\nstatus 137\nsallyport: init_script has run before\nstatus 0\n",
    );
  });

  test("A-56: the configuration arrives byte for byte, before the script, and all may read it", () => {
    const text = "[process]\na = $HOME `id` $(id)\nb = one\n\tEOF\n\ttwo\nc = 'x' \\ \"y\"\n";
    const { stdout, stderr } = run(
      { config: { name: "accelerator.conf", text }, script: "cat /etc/sallyport/init/accelerator.conf\n" },
      'stat -c "%a %n" /etc/sallyport /etc/sallyport/init /etc/sallyport/init/accelerator.conf\n',
    );
    expect(stderr).toBe("");
    expect(stdout).toBe(
      `sallyport: init_script begins\n${text}sallyport: init_script done\nstatus 0\n755 /etc/sallyport\n755 /etc/sallyport/init\n644 /etc/sallyport/init/accelerator.conf\n`,
    );
  });
});
