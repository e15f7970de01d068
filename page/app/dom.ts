/** A page's access to the document. Text is only ever set as text. */

/** @throws Error if the page and its script have different versions. */
export function find<E extends Element>(id: string, kind: { new (): E; readonly name: string }): E {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`the page has no ${kind.name} "${id}"`);
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  element.append(...children);
  return element;
}

/** An element of SVG. Attributes are set as text, so a colour or a path is never markup. */
export function makeSvg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: (Node | string)[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

export function button(text: string, className: string, onClick: () => void): HTMLButtonElement {
  const element = make("button", className, text);
  element.type = "button";
  element.addEventListener("click", onClick);
  return element;
}

/** Changes a node only if its text differs: screen readers repeat nothing, and a selection stays. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setLabel(element: Element, text: string): void {
  if (element.getAttribute("aria-label") !== text) element.setAttribute("aria-label", text);
}

/**
 * Makes the children of `parent` those of `items`, in order. Elements are kept by key and moved only if necessary, so
 * that the focus stays where it is.
 */
export function keyed<T, V extends { readonly element: Element }>(
  parent: Element,
  kept: Map<string, V>,
  items: readonly T[],
  keyOf: (item: T) => string,
  create: (item: T) => V,
): void {
  const wanted = new Set(items.map(keyOf));
  for (const [key, { element }] of kept) {
    if (wanted.has(key)) continue;
    element.remove();
    kept.delete(key);
  }
  let next = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let view = kept.get(key);
    if (view === undefined) {
      view = create(item);
      kept.set(key, view);
    }
    if (view.element === next) next = next.nextElementSibling;
    else parent.insertBefore(view.element, next);
  }
}
