/** The reserved names in use, which the sweep must spare. */
import { ownPrefix, temporaryName } from "../guard/reserved.js";

export class Temporaries {
  readonly prefix: string;
  readonly #live = new Set<string>();

  constructor(readonly hostName: string) {
    this.prefix = ownPrefix(hostName);
  }

  take(): string {
    const name = temporaryName(this.hostName);
    this.#live.add(name);
    return name;
  }

  giveBack(name: string): void {
    this.#live.delete(name);
  }

  isLive(name: string): boolean {
    return this.#live.has(name);
  }
}
