/** The entries of a directory. A directory may have a hundred thousand: only the first are made into elements. */
import { button, make, setLabel, setText } from "../../../../page/app/dom.js";
import { bytes, clock } from "../../../../page/app/format.js";
import { nameElement, shownName } from "../name.js";

export interface FileEntry {
  readonly name: string;
  readonly type: "file" | "directory";
  readonly size?: number;
  /** RFC 3339. */
  readonly modified?: string;
  /** In place of size and time. */
  readonly about?: string;
}

export interface FileActions {
  /** @returns the address of a directory's own list. */
  open(name: string): string;
  download(name: string): void;
  remove(entry: FileEntry): void;
}

const STEP = 200;
/** With fewer entries, a filter is more to read than the list. */
const FILTER_FROM = 12;

export function fileList({ open, download, remove }: FileActions) {
  const list = make("ul", "entries");
  list.setAttribute("aria-label", "Files and directories");
  const filter = make("input");
  Object.assign(filter, {
    type: "search",
    name: "filter",
    placeholder: "Filter by name",
    autocomplete: "off",
    spellcheck: false,
  });
  filter.setAttribute("aria-label", "Filter files by name");
  const more = button("Show more", "plain", () => {
    limit += STEP;
    render();
  });
  const note = make("p", "soft small");
  const element = make("div", "file-list", filter, list, note, more);
  let all: readonly FileEntry[] = [];
  let canRemove = false;
  let limit = STEP;

  const row = (entry: FileEntry): HTMLElement => {
    const { name, type, size, modified, about } = entry;
    const label = make("span", "entry-name");
    if (type === "directory") {
      const link = make("a", "directory", nameElement(name));
      link.href = open(name);
      label.append(link);
    } else {
      label.append(nameElement(name, "file"));
    }
    const facts =
      about === undefined
        ? [make("span", "size soft small", type === "file" ? bytes(size ?? 0) : ""), timeOf(modified)]
        : [make("span", "about soft small", about)];
    const actions = make("span", "actions");
    if (type === "file") {
      const get = button("Download", "plain", () => download(name));
      setLabel(get, `Download ${shownName(name)}`);
      actions.append(get);
    }
    if (canRemove) {
      const drop = button("Remove", "quiet", () => remove(entry));
      setLabel(drop, `Remove ${shownName(name)}`);
      actions.append(drop);
    }
    return make("li", "entry", label, ...facts, actions);
  };

  const render = () => {
    const wanted = filter.value.trim().toLowerCase();
    const found = all.filter(({ name }) => shownName(name).toLowerCase().includes(wanted));
    const shown = found.slice(0, limit);
    list.replaceChildren(...shown.map(row));
    more.hidden = shown.length === found.length;
    filter.hidden = all.length < FILTER_FROM;
    const rest = found.length === shown.length ? "" : `${shown.length} of ${found.length} are shown`;
    setText(
      note,
      all.length === 0 ? "This directory is empty." : found.length === 0 ? "Nothing matches the filter." : rest,
    );
  };
  filter.addEventListener("input", () => {
    limit = STEP;
    render();
  });

  return {
    element,
    show(entries: readonly FileEntry[], mayRemove: boolean) {
      all = [...entries].sort((a, b) => (a.type === b.type ? 0 : a.type === "directory" ? -1 : 1));
      canRemove = mayRemove;
      render();
    },
    /** While another directory is read. */
    clear() {
      all = [];
      filter.value = "";
      limit = STEP;
      list.replaceChildren();
      filter.hidden = true;
      more.hidden = true;
      setText(note, "Reading…");
    },
  };
}

function timeOf(text = ""): HTMLElement {
  const element = make("time", "soft small", text === "" ? "" : clock(Date.parse(text), Date.now()));
  element.dateTime = text;
  return element;
}
