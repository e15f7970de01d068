/** A table of texts. */
import { make } from "./dom.js";

interface Column {
  readonly title: string;
  /** Aligned to the right. */
  readonly isNumber?: boolean;
}

export interface TableView {
  readonly element: HTMLElement;
  /** A row's first text is its heading. */
  update(columns: readonly Column[], rows: ReadonlyArray<readonly string[]>): void;
}

/** It scrolls sideways within itself, also by the keyboard. @param caption its name; it is not shown. */
export function newTable(caption: string): TableView {
  const head = make("thead");
  const body = make("tbody");
  const table = make("table", "", make("caption", "unseen", caption), head, body);
  const element = make("div", "table", table);
  element.tabIndex = 0;
  element.dataset.scrolls = "";
  element.setAttribute("role", "region");
  element.setAttribute("aria-label", caption);
  let written = "";
  return {
    element,
    update(columns, rows) {
      const text = JSON.stringify([columns, rows]);
      // Selections and the place of the scroll bar stay while nothing changes.
      if (text === written) return;
      written = text;
      const cell = (tag: "th" | "td", value: string, index: number, scope?: string) => {
        const made = make(tag, columns[index]?.isNumber === true ? "number" : "", value);
        if (scope !== undefined) made.setAttribute("scope", scope);
        return made;
      };
      head.replaceChildren(make("tr", "", ...columns.map(({ title }, index) => cell("th", title, index, "col"))));
      body.replaceChildren(
        ...rows.map((row) =>
          make(
            "tr",
            "",
            ...row.map((value, index) => (index === 0 ? cell("th", value, 0, "row") : cell("td", value, index))),
          ),
        ),
      );
    },
  };
}
