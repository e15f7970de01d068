/** The host's public SSH keys, which clients pin over a verified connection. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Reads them at each request: first boot may create the keys after the agent started. */
export async function sshHostKeys(dir = "/etc/ssh"): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  const files = names.filter((name) => /^ssh_host_\w+_key\.pub$/.test(name)).sort();
  const texts = await Promise.all(files.map((name) => readFile(join(dir, name), "utf8").catch(() => "")));
  // The comment names the machine, not the key.
  return texts.map((text) => text.trim().split(/\s+/).slice(0, 2).join(" ")).filter((key) => key.includes(" "));
}
