import type { AgentDocument, HostItem } from "../../documents.js";
import type { Place } from "./place.js";

/** The content of a host's card below its buttons. */
export interface HostPanel {
  readonly element: HTMLElement;
  update(host: HostItem, report: AgentDocument | undefined, place: Place): void;
  end(): void;
}
