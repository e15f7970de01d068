/** Another program with root on the gateway that changes our table at random. */
import { setTimeout as delay } from "node:timers/promises";
import type { NetNamespace } from "../../../local/network/net-namespace.js";
import type { Random } from "../../support/random.js";

const OURS = "inet sallyport";
/** Longest pause between two changes. */
const PAUSE_MS = 250;

export class Vandal {
  /** The number of changes that nft accepted. */
  deeds = 0;

  constructor(
    private readonly namespace: NetNamespace,
    private readonly random: Random,
    private readonly ports: { readonly min: number; readonly max: number },
  ) {}

  /** One change; nft refuses some. */
  async act(): Promise<void> {
    const { exitCode } = await this.namespace.run("nft", ["-f", "-"], { input: `${this.#deed()}\n` });
    if (exitCode === 0) this.deeds += 1;
  }

  /** Repeats changes until `isOver`. */
  async rage(isOver: () => boolean): Promise<void> {
    for (;;) {
      await delay(this.random.below(PAUSE_MS));
      if (isOver()) return;
      await this.act();
    }
  }

  #deed(): string {
    const port = this.ports.min + this.random.below(this.ports.max - this.ports.min + 1);
    return this.random.pick([
      "flush ruleset",
      `delete table ${OURS}`,
      `flush table ${OURS}`,
      `flush map ${OURS} target4`,
      `flush set ${OURS} used_tcp`,
      `flush set ${OURS} restricted`,
      `flush chain ${OURS} forward`,
      `delete element ${OURS} target4 { tcp . ${port} }`,
      `delete element ${OURS} used_udp { ${port} }`,
      `add element ${OURS} target4 { tcp . ${port} : 192.168.1.66 . 22 }`,
      `add element ${OURS} used_tcp { ${port} comment "nobody" }`,
      `add element ${OURS} restricted { udp . ${port} }`,
    ]);
  }
}
