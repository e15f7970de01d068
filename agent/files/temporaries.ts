/** Which reserved names are in use now, so that the sweep spares them. */
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
