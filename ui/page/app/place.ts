/** What is open, in the fragment of the URL: `#accelerator-1/files/shared/in`. A reload and the back button keep it. Pure. */

export const PANELS = ["files", "jobs", "accelerators", "connect"] as const;
export type Panel = (typeof PANELS)[number];

export interface Place {
  readonly host: string;
  readonly panel: Panel;
  /** Names of a remote path, or the id of a job. */
  readonly rest: readonly string[];
}

export function parsePlace(hash: string): Place | undefined {
  const [host = "", panel = "", ...rest] = hash.replace(/^#/, "").split("/").map(decode);
  const known = PANELS.find((each) => each === panel);
  return host === "" || known === undefined
    ? undefined
    : { host, panel: known, rest: rest.filter((name) => name !== "") };
}

export function formatPlace({ host, panel, rest }: Place): string {
  return `#${[host, panel, ...rest].map(encodeURIComponent).join("/")}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
