/** Server-sent events as the HTML standard reads them: lines in, events out. Pure. */

export interface StreamEvent {
  /** `message` where the stream names none. */
  readonly event: string;
  readonly data: string;
}

export class EventStream {
  /** Of the last event that had one: what to send as Last-Event-ID. */
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

  /** Characters that wait for the end of their event. */
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
