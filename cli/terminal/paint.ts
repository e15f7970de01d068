import picocolors from "picocolors";

export type Paint = ReturnType<typeof picocolors.createColors>;

/**
 * Colours for one stream: `--no-color` and NO_COLOR turn them off, FORCE_COLOR turns them on; otherwise a
 * terminal other than TERM=dumb gets them. Unlike picocolors' own rule, CI alone does not.
 */
export function paintFor(
  stream: { readonly isTTY?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>>,
  wanted: boolean,
): Paint {
  return picocolors.createColors(wanted && hasColours(stream, env));
}

function hasColours(
  { isTTY }: { readonly isTTY?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "") return !["0", "false"].includes(env.FORCE_COLOR);
  return isTTY === true && env.TERM !== "dumb";
}
