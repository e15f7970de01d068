import type { Context, Progress } from "./context.js";

export interface StepOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onStep: (text: string) => void;
  readonly onNote: (text: string) => void;
}

/** Runs a part of a command's work under its label. */
export type Steps = <T>(label: string, work: (options: StepOptions) => Promise<T>) => Promise<T>;

/**
 * Draws each step on a terminal; elsewhere, prints it as a line. A plan goes on reporting to the options that it was
 * made with when it is applied, so all parts share them, and the label is that of the part that runs.
 */
export function openSteps(context: Context): Steps {
  let current: { readonly label: string; readonly progress: Progress } | undefined;
  const onStep = (text: string) => {
    if (process.stderr.isTTY) current?.progress.update(text);
    else context.note(current === undefined ? text : `${current.label}: ${text}`);
  };
  const options: StepOptions = { env: context.env, signal: context.signal, onStep, onNote: context.note };
  return async (label, work) => {
    const progress = context.progress(label);
    current = { label, progress };
    try {
      return await work(options);
    } finally {
      current = undefined;
      progress.done();
    }
  };
}

/** {@link openSteps} for work of one part. */
export function withSteps<T>(context: Context, label: string, work: (options: StepOptions) => Promise<T>): Promise<T> {
  return openSteps(context)(label, work);
}
