/** Commander's errors in our form: what was wrong, and what to type instead or where to read it. */
import type { Command, CommanderError } from "commander";
import { EXIT, Fault, quote } from "../base/fault.js";
import { nearest } from "../base/text/nearest.js";

/** Words of other tools, by the command that they follow: the commands to write instead. */
export const SYNONYMS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  sallyport: {
    ...same(["cp", "copy", "scp", "sftp", "rsync", "mv"], ["put", "get"]),
    ...same(["upload", "send", "push"], ["put"]),
    ...same(["download", "fetch", "pull", "cat"], ["get"]),
    ...same(["apply", "create", "deploy", "launch", "provision"], ["up"]),
    ...same(["delete", "destroy", "remove", "teardown", "terminate", "undeploy"], ["down"]),
    ...same(["init", "configure", "setup"], ["config init"]),
    ...same(["diff", "preview"], ["plan"]),
    ...same(["list", "instances"], ["hosts"]),
    ...same(["describe", "info", "ps", "state"], ["status"]),
    ...same(["exec", "shell"], ["ssh"]),
    ...same(["run", "submit"], ["process"]),
    ...same(["log", "logs", "queue"], ["jobs"]),
    ...same(["halt", "suspend"], ["stop"]),
    ...same(["resume"], ["start"]),
    ...same(["login"], ["mirror login", "portmap login"]),
    ...same(["logout"], ["mirror logout"]),
    ...same(["check"], ["verify", "doctor"]),
    ...same(["version"], ["--version"]),
  },
  "sallyport config": same(["create", "new", "write"], ["config init"]),
  "sallyport access": { ...same(["add"], ["access grant"]), ...same(["delete", "remove", "rm"], ["access revoke"]) },
  "sallyport portmap": { ...same(["create"], ["portmap add"]), ...same(["delete", "remove"], ["portmap rm"]) },
};

/** A mistyped word must not lead to what costs money, ends something or opens something. */
const NEVER_GUESSED: ReadonlySet<string> = new Set([
  ...["up", "start", "add", "grant", "import", "serve", "sync"],
  ...["down", "stop", "rm", "revoke", "logout"],
]);
const NEVER_GUESSED_OPTION =
  /^--(?:accept-|allow-|cancel|confirm-|create|force|max-|no-|orphans|remove|renew|replace|skip-|undo|yes)/;

export function usageFault(error: CommanderError, command: Command): Fault {
  const code = error.code.replace(/^commander\./, "").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const { message, hint = suggestion(error, command) ?? ownHelp(command) } = reworded(error, command);
  return new Fault(`cli/${code}`, message, { hint, exit: EXIT.usage, cause: error });
}

/** Commander's text as one fact with the offending value, and what may stand there if only a few words may. */
function reworded({ code, message }: CommanderError, command: Command): { message: string; hint?: string } {
  const excess = command.args[command.registeredArguments.length];
  if (code === "commander.excessArguments" && excess !== undefined) {
    return { message: `unexpected argument ${quote(excess)}` };
  }
  const [, value, argument, choices] = ARGUMENT_CHOICE.exec(message) ?? [];
  if (choices !== undefined) return { message: `<${argument}> is ${quote(value ?? "")}`, hint: eitherOf(choices) };
  const [, option, given, allowed] = OPTION_CHOICE.exec(message) ?? [];
  if (allowed !== undefined) return { message: `${option} is ${quote(given ?? "")}`, hint: eitherOf(allowed) };
  const [line = ""] = message.split("\n");
  return { message: line.replace(/^error: /, "").replaceAll("'", '"') };
}

const ARGUMENT_CHOICE =
  /^error: command-argument value '([\s\S]*)' is invalid for argument '(.*)'\. Allowed choices are (.*)\.$/;
const OPTION_CHOICE =
  /^error: option '(?:-\w, )?(--[\w-]+).*?' argument '([\s\S]*)' is invalid\. Allowed choices are (.*)\.$/;

/** @param choices as Commander lists them: `bash, zsh, fish` */
const eitherOf = (choices: string) => `write ${choices.replace(/, ([^,]*)$/, " or $1")}`;

function suggestion({ code, message }: CommanderError, command: Command): string | undefined {
  const word = /'([\s\S]*)'/.exec(message)?.[1] ?? "";
  if (code === "commander.unknownCommand") {
    const synonyms = SYNONYMS[pathOf(command)] ?? {};
    if (Object.hasOwn(synonyms, word)) return instead(synonyms[word] ?? []);
    const names = command.createHelp().visibleCommands(command);
    return didYouMean(
      nearest(
        word,
        names.map((child) => child.name()).filter((name) => !NEVER_GUESSED.has(name)),
      ),
    );
  }
  if (code === "commander.unknownOption" && word.startsWith("--")) {
    const flags = lineage(command).flatMap((each) => each.createHelp().visibleOptions(each));
    const longs = flags.flatMap(({ long }) => (long === undefined || NEVER_GUESSED_OPTION.test(long) ? [] : [long]));
    return didYouMean(nearest(word, longs));
  }
  return undefined;
}

const didYouMean = (meant: string | undefined) => (meant === undefined ? undefined : `did you mean ${meant}?`);

function instead(commands: readonly string[]): string {
  return `write ${commands.map((name) => `"sallyport ${name}"`).join(" or ")}`;
}

function ownHelp(command: Command): string {
  const isGroup = command.commands.length > 0;
  return `"${pathOf(command)} --help" ${isGroup ? "lists the commands" : "shows how to write it"}`;
}

const lineage = (command: Command): Command[] => [command, ...(command.parent === null ? [] : lineage(command.parent))];

const pathOf = (command: Command) =>
  lineage(command)
    .map((each) => each.name())
    .reverse()
    .join(" ");

function same(words: readonly string[], commands: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(words.map((word) => [word, commands]));
}
