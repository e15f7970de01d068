/** Server-sent events as the HTML standard reads them: lines in, events out. Pure. */

export interface StreamEvent {
  /** `message` if the stream names no type. */
  readonly event: string;
  readonly data: string;
}

export class EventStream {
  /** The ID of the last event that had one, for the Last-Event-ID header. */
  lastId = "";
  #rest = "";
  #event = "";
  #data: string[] = [];
  #id: string | undefined;
  #started = false;

  /** @returns the events that this text completes. */
  push(text: string): StreamEvent[] {
    let all = this.#rest + text;
    if (!this.#started && all !== "") {
      this.#started = true;
      if (all.startsWith("\ufeff")) all = all.slice(1);
    }
    // A CR at the end may be the first half of CR LF.
    const held = all.endsWith("\r") ? "\r" : "";
    const lines = all.slice(0, all.length - held.length).split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? "") + held;
    return lines.flatMap((line) => this.#line(line));
  }

  /** Characters buffered until their event is complete. */
  get pending(): number {
    return this.#rest.length + this.#data.reduce((sum, line) => sum + line.length, 0);
  }

  #line(line: string): StreamEvent[] {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    return [];
  }

  #dispatch(): StreamEvent[] {
    if (this.#id !== undefined) this.lastId = this.#id;
    const found = this.#data.length === 0 ? [] : [{ event: this.#event || "message", data: this.#data.join("\n") }];
    this.#event = "";
    this.#data = [];
    return found;
  }
}
