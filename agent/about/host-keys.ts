/** The host's public SSH keys, for clients to pin over a connection that they have verified. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Read at each request: the keys are made at first boot, perhaps after the agent started. */
export async function sshHostKeys(dir = "/etc/ssh"): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  const files = names.filter((name) => /^ssh_host_\w+_key\.pub$/.test(name)).sort();
  const texts = await Promise.all(files.map((name) => readFile(join(dir, name), "utf8").catch(() => "")));
  // The comment names the machine, not the key.
  return texts.map((text) => text.trim().split(/\s+/).slice(0, 2).join(" ")).filter((key) => key.includes(" "));
}
