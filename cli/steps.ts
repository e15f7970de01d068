import type { Context } from "./context.js";

export interface StepOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onStep: (text: string) => void;
  readonly onNote: (text: string) => void;
}

/** Draws each step of `work` on a terminal; elsewhere, prints it as a line. */
export async function withSteps<T>(
  context: Context,
  label: string,
  work: (options: StepOptions) => Promise<T>,
): Promise<T> {
  const progress = context.progress(label);
  const onStep = (text: string) => {
    if (process.stderr.isTTY) progress.update(text);
    else context.note(`${label}: ${text}`);
  };
  try {
    return await work({ env: context.env, signal: context.signal, onStep, onNote: context.note });
  } finally {
    progress.done();
  }
}
