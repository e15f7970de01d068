/** Names from a host, as text that cannot pass for another. */
import { escapeBreaks, escapeControls } from "../../../base/text/escape.js";
import { make } from "../../../page/app/dom.js";

/** Control characters and marks of the reading direction are shown instead of followed. */
export const shownName = (name: string): string => escapeControls(escapeBreaks(name));

/** Isolated, so that a name in another script does not turn the words around it. */
export const nameElement = (name: string, className = ""): HTMLElement => make("bdi", className, shownName(name));
