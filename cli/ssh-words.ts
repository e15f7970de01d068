/**
 * The words of `sallyport ssh`: options of ours stand before HOST, and everything behind it belongs to ssh, as with ssh
 * itself. OpenSSH's own options have one dash and may stand on either side; ours have two. Pure.
 */
import type { Command } from "commander";
import { quote } from "../base/fault.js";
import { usage } from "./flags.js";

/** Of ssh(1): the options that take a value. All others are single letters. */
const WITH_VALUE = "BbcDEeFIiJLlmOoPpQRSWw";

export interface SshWords {
  /** OpenSSH's own options. */
  readonly options: readonly string[];
  readonly command: readonly string[];
}

/** The words for commander, which would take ssh's options for ours. */
export function settleSshWords(program: Command, args: readonly string[]): string[] {
  const ssh = program.commands.find((command) => command.name() === "ssh");
  const options = [...program.options, ...(ssh?.options ?? [])];
  const takesValue = (word: string) =>
    options.some((option) => option.required && [option.short, option.long].includes(word));
  let at = 0;
  while (at < args.length && args[at]?.startsWith("-")) at += takesValue(args[at] ?? "") ? 2 : 1;
  return args[at] === "ssh" ? [...args.slice(0, at + 1), ...hostFirst(args.slice(at + 1), takesValue)] : [...args];
}

/**
 * Rewrites `ssh [-L …] [--user …] HOST …` as `ssh [--user …] -- HOST [-L …] …`, for a parser that knows our options
 * only.
 *
 * @param takesValue whether an option of ours is followed by its value.
 */
function hostFirst(words: readonly string[], takesValue: (option: string) => boolean): string[] {
  const ours: string[] = [];
  const options: string[] = [];
  let at = 0;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") {
      at += 1;
      break;
    }
    if (isOptionOfSsh(word)) {
      const { taken } = takeOption(words, at);
      options.push(...taken);
      at += taken.length - 1;
    } else if (word.startsWith("-") && word !== "-") {
      ours.push(word);
      if (takesValue(word) && at + 1 < words.length) ours.push(words[++at] ?? "");
    } else break;
  }
  const host = words[at];
  if (host === undefined) return ours;
  const behind = words.slice(at + 1);
  if (behind[0] === "--help" || behind[0] === "-h") return ["--help"];
  return [...ours, "--", host, ...options, ...behind];
}

/** What stands behind HOST: OpenSSH's options up to the first other word, which begins the command, or up to `--`. */
export function sshWords(behind: readonly string[]): SshWords {
  const options: string[] = [];
  let at = 0;
  while (at < behind.length && isOptionOfSsh(behind[at] ?? "")) {
    const { taken, whole } = takeOption(behind, at);
    if (!whole) throw usage("ssh-option", `${quote(taken[0] ?? "")} has no value`, "ssh(1) lists the options of ssh");
    options.push(...taken);
    at += taken.length;
  }
  const next = behind[at];
  if (next === "--") return { options, command: behind.slice(at + 1) };
  if (next?.startsWith("--")) throw behindHost(next);
  return { options, command: behind.slice(at) };
}

/** `-h` is the help, here as everywhere; ssh has no such option. */
const isOptionOfSsh = (word: string) => /^-[A-Za-z0-9]/.test(word) && word !== "-h";

/** `-v`, `-NL8080:localhost:80` or `-L` with the next word. */
function takeOption(words: readonly string[], at: number): { taken: readonly string[]; whole: boolean } {
  const word = words[at] ?? "";
  const letter = [...word.slice(1)].findIndex((each) => WITH_VALUE.includes(each));
  const isOpen = letter >= 0 && letter === word.length - 2;
  return { taken: words.slice(at, at + (isOpen ? 2 : 1)), whole: !isOpen || at + 1 < words.length };
}

const behindHost = (option: string) =>
  usage(
    "behind-host",
    `${quote(option)} stands behind HOST, where everything belongs to ssh`,
    `write it in front: sallyport ssh ${option} … HOST`,
  );
