/**
 * The man page, from commander's tree and the table of exit statuses. help2man and its kin read one help text and know no
 * commands below it, and pandoc would need the whole of docs/commands.md turned into definition lists first: man(7) needs
 * less than either.
 */
import type { Command } from "commander";
import { EXIT_STATUSES } from "../../../cli/exit-statuses.js";
import { leaves } from "./leaves.js";

/** @returns man(7) source in ASCII, for section 1. */
export function manPage(program: Command, version: string): string {
  return [
    `.\\" Generated from the program: npx vitest run --project unit test/docs/reference.test.ts -u`,
    // No hyphenation, for a divided command cannot be copied. man(7) sets it anew in each section, from this register.
    ".nr HY 0",
    // Without a date: the page changes with the program, not with the day on which it was generated.
    `.TH SALLYPORT 1 "" "sallyport ${version}" "User Commands"`,
    // Narrow columns cannot be adjusted to both sides.
    ".ad l",
    ".SH NAME",
    `sallyport \\- ${escaped(firstLower(program.description()).replace(/\.$/, ""))}`,
    ".SH SYNOPSIS",
    `.B sallyport\n.RI [ options ] " command " [ arguments ]`,
    ".SH OPTIONS",
    "These apply to every command, before or after its name.",
    ...optionsOf(program),
    ".SH COMMANDS",
    ...leaves(program).flatMap(sectionOf),
    ".SH EXAMPLES",
    ...examplesOf(program),
    ".SH EXIT STATUS",
    ...EXIT_STATUSES.flatMap(({ status, meaning }) => [".TP", `.B ${status}`, textLine(meaning.replaceAll("`", '"'))]),
    ".SH FILES",
    ...FILES.flatMap(([path, what]) => [".TP", `.I ${escaped(path)}`, textLine(what)]),
    ".SH SEE ALSO",
    ".BR ssh (1),\n.BR ssh_config (5),\n.BR terraform (1)",
  ]
    .join("\n")
    .concat("\n");
}

const FILES: readonly (readonly [path: string, what: string])[] = [
  [
    "sallyport.yaml",
    "the project's configuration; sallyport config init writes it, sallyport config schema lists its keys",
  ],
  ["~/.config/sallyport/config.yaml", "the user's own defaults"],
  ["~/.ssh/sallyport.pem, sallyport.key, sallyport.token", "the SSH key, the TLS key and the agent's token; mode 0600"],
  ["terraform.accelerator-hosts.tfstate", "the state of the hosts, beside sallyport.yaml; keep it"],
];

function sectionOf(command: Command): string[] {
  const help = command.createHelp();
  const [, usage = ""] = /^\S+ (.*)$/.exec(help.commandUsage(command)) ?? [];
  const args = help.visibleArguments(command);
  return [
    `.SS ${escaped(usage)}`,
    textLine(`${firstUpper(help.commandDescription(command))}.`),
    ...args.flatMap((arg) => [".TP", `.I ${escaped(help.argumentTerm(arg))}`, textLine(help.argumentDescription(arg))]),
    ...optionsOf(command),
    ...epilogueOf(command),
  ];
}

function optionsOf(command: Command): string[] {
  const help = command.createHelp();
  return help
    .visibleOptions(command)
    .filter((option) => command.parent === null || option.long !== "--help")
    .flatMap((option) => [".TP", `.B ${escaped(help.optionTerm(option))}`, textLine(help.optionDescription(option))]);
}

/** What stands behind the options in the help: paragraphs are filled, indented lines are kept as they are. */
function epilogueOf(command: Command): string[] {
  let whole = "";
  command.configureOutput({ writeOut: (text) => (whole += text) }).outputHelp();
  const information = command.helpInformation();
  const after = whole.slice(whole.indexOf(information) + information.length).trim();
  return after === "" ? [] : after.split(/\n\n+/).flatMap(paragraph);
}

/** Of the program itself: the exit statuses that follow have a section of their own. */
function examplesOf(program: Command): string[] {
  const lines = epilogueOf(program);
  return lines.slice(lines.indexOf(".EX"), lines.indexOf(".EE") + 1);
}

function paragraph(text: string): string[] {
  const lines = text.split("\n");
  const isKept = (line: string) => line.startsWith(" ");
  const filled = lines.filter((line) => !isKept(line)).map(textLine);
  const kept = lines.filter(isKept).map((line) => textLine(line.replace(/^ {2}/, "")));
  return [
    ...(filled.length === 0 ? [] : [".PP", ...filled]),
    ...(kept.length === 0 ? [] : [".PP", ".EX", ...kept, ".EE"]),
  ];
}

/** A line of text that roff cannot take for a request. */
function textLine(text: string): string {
  const line = escaped(text);
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

/** ASCII, so that no locale is needed to read it; what is typed stays typeable, quotes and dashes included. */
function escaped(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti")
    .replaceAll('"', "\\(dq")
    .replaceAll(/[^\p{ASCII}]/gu, (char) => `\\[u${char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}]`);
}

const firstLower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
const firstUpper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
