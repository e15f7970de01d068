/** Uploads to a host, one after the other. They go on while other panels are open. */
import { button, make, setLabel, setText } from "../../../../page/app/dom.js";
import { bytes } from "../../../../page/app/format.js";
import { say } from "../../../../page/app/say.js";
import { type Api, refusalOf } from "../api.js";
import { nameElement, shownName } from "../name.js";

interface Upload {
  readonly file: File;
  /** Of the file on the host. */
  readonly url: string;
  /** Whether it may take the place of another. */
  readonly isReplacing: boolean;
  done(): void;
}

export interface Uploads {
  readonly element: HTMLElement;
  add(upload: Upload): void;
}

const known = new Map<string, Uploads>();
let busy = 0;

/** Asked only while something is under way, because a page with such a handler loads slower. */
const stay = (event: BeforeUnloadEvent) => event.preventDefault();

export function uploadsOf(api: Api, host: string): Uploads {
  const kept = known.get(host) ?? newUploads(api);
  known.set(host, kept);
  return kept;
}

function newUploads(api: Api): Uploads {
  const element = make("ul", "uploads");
  element.setAttribute("aria-label", "Uploads");
  element.hidden = true;
  let last: Promise<void> = Promise.resolve();
  return {
    element,
    add(upload) {
      const row = newRow(upload, () => {
        row.element.remove();
        element.hidden = element.children.length === 0;
      });
      element.append(row.element);
      element.hidden = false;
      last = last.then(() => row.run(api));
    },
  };
}

function newRow({ file, url, isReplacing, done }: Upload, leave: () => void) {
  const bar = make("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", `Upload of ${shownName(file.name)}`);
  const state = make("span", "soft small", "waits");
  const request = new XMLHttpRequest();
  let isStopped = false;
  const stop = button("Cancel", "quiet", () => {
    isStopped = true;
    request.abort();
    leave();
  });
  setLabel(stop, `Cancel the upload of ${shownName(file.name)}`);
  const element = make("li", "upload", nameElement(file.name), bar, state, stop);

  const fail = (reason: string) => {
    element.classList.add("failed");
    setText(state, reason);
    state.className = "error";
    setText(stop, "Dismiss");
    setLabel(stop, `Dismiss the upload of ${shownName(file.name)}`);
    say(`${shownName(file.name)} was not uploaded.`);
  };
  const run = (api: Api): Promise<void> =>
    new Promise((resolve) => {
      if (isStopped) return resolve();
      request.open("PUT", url);
      for (const [name, value] of Object.entries(api.headers)) request.setRequestHeader(name, value);
      if (!isReplacing) request.setRequestHeader("If-None-Match", "*");
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        bar.value = total === 0 ? 1 : loaded / total;
        setText(state, loaded === total ? "the host stores it" : `${bytes(loaded)} of ${bytes(total)}`);
      });
      request.addEventListener("load", () => {
        if (request.status >= 400) return fail(refusalOf(request.status, request.responseText).message);
        leave();
        say(`Uploaded ${shownName(file.name)}.`);
        done();
      });
      request.addEventListener("error", () =>
        fail('the connection broke\nis "sallyport ui" still running, and the file still there?'),
      );
      request.addEventListener("loadend", () => {
        busy -= 1;
        if (busy === 0) removeEventListener("beforeunload", stay);
        resolve();
      });
      if (busy === 0) addEventListener("beforeunload", stay);
      busy += 1;
      request.send(file);
    });
  return { element, run };
}
