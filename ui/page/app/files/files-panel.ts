/** The files of a host: directories to browse, uploads by button or by drag and drop, downloads, removals. */
import { button, find, make, setText } from "../../../../page/app/dom.js";
import { say } from "../../../../page/app/say.js";
import type { AgentDocument, DirectoryEntry, ListingDocument } from "../../../documents.js";
import type { Api } from "../api.js";
import { ask } from "../confirm-dialog.js";
import type { HostPanel } from "../host-panel.js";
import { shownName } from "../name.js";
import { formatPlace } from "../place.js";
import { type FileEntry, fileList } from "./file-list.js";
import { uploadsOf } from "./uploads.js";

export function filesPanel(api: Api, host: string): HostPanel {
  const base = `/api/hosts/${encodeURIComponent(host)}`;
  const ended = new AbortController();
  const uploads = uploadsOf(api, host);
  const crumbs = make("nav", "crumbs");
  crumbs.setAttribute("aria-label", `Directory of ${host}`);
  const picker = make("input", "unseen");
  Object.assign(picker, { type: "file", name: "files", multiple: true, tabIndex: -1 });
  picker.setAttribute("aria-label", "Files to upload");
  const pick = button("Upload files", "primary", () => picker.click());
  const reload = button("Refresh", "plain", () => void load());
  const error = make("p", "error");
  error.setAttribute("role", "alert");
  const note = make("p", "soft small");
  const hint = make("p", "drop-hint soft small", "Drop files here to upload them.");
  const list = fileList({ open: hrefOf, download, remove });
  const element = make(
    "div",
    "files",
    make("div", "file-tools", crumbs, reload, pick, picker),
    error,
    uploads.element,
    list.element,
    note,
    hint,
  );

  let names: readonly string[] | undefined;
  let directories: Extract<AgentDocument, { agent: "up" }>["directories"] = [];
  let entries: readonly DirectoryEntry[] = [];
  let turn = 0;

  const pathOf = (more: readonly string[] = []) => [...(names ?? []), ...more].join("/");
  const urlOf = (more: readonly string[] = []) =>
    `${base}/files/${[...(names ?? []), ...more].map(encodeURIComponent).join("/")}`;
  const isWritable = () => directories.find(({ name }) => name === names?.[0])?.mode === "rw";

  function hrefOf(name: string): string {
    return formatPlace({ host, panel: "files", rest: [...(names ?? []), name] });
  }

  async function download(name: string): Promise<void> {
    await attempt(async () => {
      const { url } = await api.post<{ url: string }>(`${base}/downloads`, { path: pathOf([name]) });
      const link = make("a");
      link.href = url;
      link.download = "";
      link.click();
      say(`Downloading ${shownName(name)}.`);
    });
  }

  function remove({ name, type }: FileEntry): void {
    ask({
      title: `Remove this ${type}?`,
      text: type === "file" ? `${shownName(name)} is gone from ${host} then.` : `${shownName(name)} has to be empty.`,
      action: "Remove",
      go: async () => {
        await api.remove(urlOf([name]));
        await load();
        say(`Removed ${shownName(name)}.`);
        find("content", HTMLElement).focus();
        return undefined;
      },
    });
  }

  /** Of two looks, the later one counts. */
  async function load(): Promise<void> {
    turn += 1;
    const mine = turn;
    setText(error, "");
    if (names === undefined || names.length === 0) return showDirectories();
    reload.disabled = true;
    try {
      const listing = await api.get<ListingDocument>(urlOf());
      if (mine !== turn || ended.signal.aborted) return;
      entries = listing.entries;
      list.show(entries, isWritable());
      setText(note, notShown(listing.not_shown));
    } catch (reason) {
      if (mine !== turn) return;
      list.show([], false);
      setText(error, (reason as Error).message);
    } finally {
      reload.disabled = false;
    }
  }

  function showDirectories(): void {
    list.show(
      directories.map(({ name, mode, path }) => ({
        name,
        type: "directory" as const,
        about: mode === "ro" ? `${path}, read-only` : path,
      })),
      false,
    );
    setText(note, directories.length === 0 ? "This host has no authorized directories." : "");
  }

  async function attempt(work: () => Promise<void>): Promise<void> {
    setText(error, "");
    await work().catch((reason: Error) => setText(error, reason.message));
  }

  const send = (files: readonly File[], isReplacing: boolean) => {
    for (const file of files) {
      uploads.add({ file, url: urlOf([file.name]), isReplacing, done: () => void load() });
    }
  };
  const choose = (files: readonly File[]) => {
    if (files.length === 0) return;
    const known = new Set(entries.map(({ name }) => name));
    const taken = files.filter(({ name }) => known.has(name));
    const fresh = files.filter(({ name }) => !known.has(name));
    send(fresh, false);
    if (taken.length === 0) return;
    ask({
      title: taken.length === 1 ? "Replace this file?" : `Replace ${taken.length} files?`,
      text: taken.map(({ name }) => shownName(name)).join(", "),
      action: "Replace",
      go: async () => {
        send(taken, true);
        return undefined;
      },
    });
  };
  picker.addEventListener("change", () => {
    choose([...(picker.files ?? [])]);
    picker.value = "";
  });
  acceptDrops(
    element,
    () => isWritable() && (names?.length ?? 0) > 0,
    choose,
    (text) => setText(error, text),
  );

  const showCrumbs = () => {
    const steps = [host, ...(names ?? [])].map((name, index, all) => {
      if (index === all.length - 1) {
        const here = make("span", "", shownName(name));
        here.setAttribute("aria-current", "page");
        return make("li", "", here);
      }
      const link = make("a", "", shownName(name));
      link.href = formatPlace({ host, panel: "files", rest: (names ?? []).slice(0, index) });
      return make("li", "", link);
    });
    crumbs.replaceChildren(make("ol", "", ...steps));
  };

  return {
    element,
    update(_host, report, place) {
      if (report?.agent === "up") directories = report.directories;
      const isMoved = names === undefined || names.join("/") !== place.rest.join("/");
      const isWaiting = report === undefined;
      if (isMoved) {
        names = [...place.rest];
        entries = [];
        showCrumbs();
        list.clear();
        if (!isWaiting || names.length > 0) void load();
      } else if (names?.length === 0) {
        showDirectories();
      }
      pick.hidden = !isWritable() || names?.length === 0;
      hint.hidden = pick.hidden;
      reload.hidden = names?.length === 0;
      if (report?.agent === "down") setText(note, "The host does not answer.");
    },
    end: () => ended.abort(),
  };
}

function notShown(count: number): string {
  if (count === 0) return "";
  return `${count} ${count === 1 ? "entry" : "entries"} more cannot be transferred: links, devices, or names that no request can hold`;
}

/** Drops elsewhere on the page would make the browser leave it. */
function acceptDrops(
  element: HTMLElement,
  isAllowed: () => boolean,
  take: (files: File[]) => void,
  refuse: (text: string) => void,
): void {
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
  const over = (event: DragEvent) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = isAllowed() ? "copy" : "none";
    element.classList.toggle("dropping", isAllowed());
  };
  element.addEventListener("dragenter", over);
  element.addEventListener("dragover", over);
  element.addEventListener("dragleave", () => element.classList.remove("dropping"));
  element.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    element.classList.remove("dropping");
    if (!isAllowed()) return refuse("nothing can be uploaded here\nopen a directory that is not read-only");
    const items = [...(event.dataTransfer?.items ?? [])];
    const folders = items.filter((item) => item.webkitGetAsEntry()?.isDirectory === true).length;
    const files = items.flatMap((item) =>
      item.webkitGetAsEntry()?.isDirectory === true ? [] : (item.getAsFile() ?? []),
    );
    take(files);
    if (folders > 0)
      refuse(`${folders === 1 ? "a folder was" : `${folders} folders were`} left out\ndrop the files in it instead`);
  });
}
