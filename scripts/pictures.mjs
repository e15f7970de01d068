// Draws docs/images/terminal/: commands that really run, on a terminal of their own, and what it shows.
//   node scripts/pictures.mjs [NAME...]      default: those that take no more than seconds
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { tsImport } from "tsx/esm/api";
import { screen, THEMES, terminalSvg, textOf } from "./terminal-svg.mjs";

const root = join(fileURLToPath(import.meta.url), "../..");
export const COLUMNS = 88;

/** Name → the commands, the files that they find, and the text for those who cannot see the picture. */
export const PICTURES = {
  help: {
    title: "sallyport --help lists the commands in groups",
    commands: ["sallyport --help"],
  },
  firewall: {
    title:
      "sallyport firewall show prints the rules; firewall why says which rule lets an address in, or that none does",
    files: {
      "sallyport.yaml": 'name: lab\ncaller: 203.0.113.7\nfirewall: { ports: [8443], cidr: "198.51.100.0/24" }\n',
    },
    commands: [
      "cat sallyport.yaml",
      "sallyport firewall show",
      "sallyport firewall why 22 from 203.0.113.7",
      "sallyport firewall why 22 from 9.9.9.9",
      "sallyport firewall why 8443 from 198.51.100.40",
    ],
  },
  config: {
    title: "sallyport config show --origin prints each value with its place",
    files: { "sallyport.yaml": "name: lab\ncount: 2\ncaller: 203.0.113.7\n" },
    commands: ["SALLYPORT_REGION=eu-west-1 sallyport config show --origin | head -10"],
  },
  // With the emulator for AWS, and Terraform with its provider: half a minute.
  plan: {
    title: "sallyport plan lists what up would make, and the rules of the firewall",
    files: { "sallyport.yaml": "name: lab\nami: al2023\ncaller: 203.0.113.7\n" },
    // The emulator reads its data when it is first asked, which takes longer than the command waits.
    before: ["sallyport plan"],
    commands: ["sallyport plan"],
    isSlow: true,
    isEmulated: true,
  },
  // Deploys, boots and tries a host: minutes, root, Terraform and the emulator.
  demo: {
    title:
      "sallyport demo: deploys to an emulator, boots the host, and tries its firewall as its user and as a stranger",
    // The table on stdout says the same again.
    commands: ["sallyport demo > demo.txt"],
    isSlow: true,
  },
};

/**
 * @param command program and first arguments that `sallyport` stands for. @default the built one
 * @returns the lines of the terminal after all commands of the picture.
 */
export async function picture(name, command = [process.execPath, join(root, "dist/cli/main.js")]) {
  const { before = [], commands, files = {}, isEmulated = false } = PICTURES[name];
  const dir = mkdtempSync(join(tmpdir(), "pictures-"));
  const emulator = isEmulated ? await startEmulator(join(dir, "emulator")) : undefined;
  try {
    const [bin, home, project] = ["bin", "home", "project"].map((part) => join(dir, part));
    for (const each of [bin, home, project]) mkdirSync(each);
    const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    writeFileSync(join(bin, "sallyport"), `#!/bin/sh\nexec ${quoted} "$@"\n`);
    chmodSync(join(bin, "sallyport"), 0o755);
    for (const [file, text] of Object.entries(files)) writeFileSync(join(project, file), text);
    const env = {
      PATH: [bin, process.env.PATH].join(delimiter),
      HOME: home,
      // Where Terraform's provider is, nothing else of the user's.
      TF_CLI_CONFIG_FILE: process.env.TF_CLI_CONFIG_FILE ?? join(homedir(), ".terraformrc"),
      SHELL: "/bin/sh",
      TERM: "xterm-256color",
      LANG: "C.UTF-8",
      ...emulator?.env,
    };
    for (const line of before) await onTerminal(line, { cwd: project, env });
    let output = "";
    for (const [at, line] of commands.entries()) {
      const gap = at === 0 ? "" : "\r\n";
      output += `${gap}\u001b[2m$\u001b[22m \u001b[1m${line}\u001b[22m\r\n${await onTerminal(line, { cwd: project, env })}`;
    }
    return await screen(output, COLUMNS);
  } finally {
    await emulator?.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function startEmulator(dir) {
  const emulator = await tsImport("../local/emulator/emulator.ts", import.meta.url);
  return emulator.startEmulator({ dir });
}

/** `firewall why` answers with 4 that a packet is blocked. */
const EXPECTED = [0, 4];

/** `script` of util-linux opens the terminal. @returns what the command wrote to it. */
function onTerminal(line, options) {
  const command = `stty cols ${COLUMNS} rows 60; ${line}`;
  return new Promise((resolve, reject) => {
    const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
      ...options,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    child.on("error", reject).on("close", (status) => {
      if (EXPECTED.includes(status)) resolve(output);
      else reject(new Error(`"${line}" ended with status ${status}: ${output}`));
    });
  });
}

/** @returns file name → SVG in every theme. */
export function draw(name, lines) {
  const { title } = PICTURES[name];
  return Object.fromEntries(
    Object.entries(THEMES).map(([theme, colours]) => [
      `${name}-${theme}.svg`,
      terminalSvg(lines, { columns: COLUMNS, title, theme: colours }),
    ]),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const quick = Object.keys(PICTURES).filter((name) => !PICTURES[name].isSlow);
  const named = process.argv.slice(2);
  const dir = join(root, "docs/images/terminal");
  mkdirSync(dir, { recursive: true });
  for (const name of named.length === 0 ? quick : named) {
    if (PICTURES[name] === undefined)
      throw new Error(`there is no picture "${name}": ${Object.keys(PICTURES).join(", ")}`);
    const lines = await picture(name);
    console.log(textOf(lines));
    for (const [file, svg] of Object.entries(draw(name, lines))) writeFileSync(join(dir, file), svg);
  }
}
