/**
 * 500 random histories against the emulator on a bad day: the list changes, people and other programs
 * change the same group, calls are throttled, lost, cut off after they took effect, and the program
 * itself dies between any two calls.
 *
 * A witness that shares no code with the reconciler looks at the emulator after every call:
 * - an address that the new list has, and that had its rule when the run began, is never without one;
 * - rules of others stay as they are, description and all.
 * A run that reports success, however bad its day, has made the rules equal the list. After each history
 * one undisturbed run does so, and another changes nothing.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ec2 } from "../../../firewall/security-group/ec2.js";
import { parseMark } from "../../../firewall/security-group/mark.js";
import { type SyncTarget, sync } from "../../../firewall/security-group/sync.js";
import { type Call, FaultProxy, type InjectedFault } from "../../support/fault-proxy.js";
import { clientOf, type Moto, startMoto } from "../../support/moto.js";
import { type Random, seededRandom } from "../../support/random.js";

const HISTORIES = 500;
const OWNER = "faculty";
const PORTS = [22, 5432];
const UNIVERSE = [
  ...Array.from({ length: 9 }, (_, index) => `101.2.3.${index}/32`),
  "105.6.0.0/16",
  "2600:1f18::7/128",
  "2600:1f18:4::/48",
];
const FAULTS: readonly InjectedFault[] = ["throttled", "unavailable", "internal", "lost", "cut"];
const PERMITS = { allowEmpty: true, maxShrink: 1 };
const BACKOFF = { baseMs: 1, capMs: 3, attempts: 6 };

/** What the reconciler dies of; like a power cut, it is no error that anybody handles. */
class Crash extends Error {
  override readonly name = "Crash";
}

let moto: Moto;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(() => moto.stop());

interface WitnessedRule {
  readonly id: string;
  /** Identity less the target: `tcp 22-22 101.2.3.4/32`, or the block in a prefix list. */
  readonly content: string;
  readonly description: string;
}

/** The two kinds of target, as the witness sees them and as somebody else changes them. */
interface World {
  readonly target: SyncTarget;
  wanted(addresses: readonly string[]): string[];
  look(): Promise<WitnessedRule[]>;
  /** Somebody else adds this content, if it is not there. */
  add(content: string, description: string): Promise<void>;
  /** Somebody else removes something that nobody wants, where that can race with the reconciler. */
  removeUnwanted?(wanted: ReadonlySet<string>): Promise<void>;
  /** @param left that is there. */
  end(left: readonly WitnessedRule[]): Promise<void>;
}

/** The emulator is not made for groups that come and go while another call looks through them all. */
function groupWorld(groupId: string): World {
  const { raw } = moto;
  return {
    target: { kind: "group", groupId, ports: PORTS.map((port) => ({ from: port, to: port })) },
    wanted: (addresses) => PORTS.flatMap((port) => addresses.map((cidr) => `tcp ${port}-${port} ${cidr}`)),
    look: () => raw.rules(groupId),
    add: async (content, description) => {
      const [, port = "", cidr = ""] = /^tcp (\d+)-\d+ (\S+)$/.exec(content) ?? [];
      await raw.allow(groupId, Number(port), cidr, description).catch(unlessDuplicate);
    },
    removeUnwanted: async (wanted) => {
      const stale = (await raw.rules(groupId)).find(
        ({ content, description }) => !wanted.has(content) && parseMark(description)?.owner === OWNER,
      );
      if (stale !== undefined) await raw.revoke(groupId, stale.id);
    },
    end: async (left) => {
      if (left.length > 0) await raw.revoke(groupId, ...left.map(({ id }) => id));
    },
  };
}

async function listWorld(name: string): Promise<World> {
  const { raw } = moto;
  const prefixListId = await raw.createPrefixList(name, "IPv4", 40);
  const look = async () =>
    (await raw.entries(prefixListId)).map(({ cidr, description }) => ({ id: cidr, content: cidr, description }));
  return {
    target: { kind: "prefix-list", prefixListId },
    wanted: (addresses) => [...addresses],
    look,
    add: async (content, description) => {
      if ((await look()).some((entry) => entry.content === content)) return;
      await raw.addEntry(prefixListId, content, description);
    },
    end: () => raw.call("DeleteManagedPrefixList", { PrefixListId: prefixListId }).then(() => undefined),
  };
}

function unlessDuplicate(error: unknown): void {
  if (!String(error).includes("InvalidPermission.Duplicate")) throw error;
}

/** One worker has one proxy and one client; its histories come one after another. */
class Stage {
  constructor(readonly groupId: string) {}

  world: World | undefined;
  /** Content that must be there after every call of the current run. */
  guarded: ReadonlySet<string> = new Set();
  wanted: ReadonlySet<string> = new Set();
  foreign = new Map<string, WitnessedRule>();
  callsUntilCrash = Number.POSITIVE_INFINITY;
  disturbed = false;
  random: Random = seededRandom(0);
  /** What there is, and undefined from the moment that it may have changed: every change passes this stage. */
  known: readonly WitnessedRule[] | undefined;
  looks = 0;
  crashes = 0;
  faults = 0;
  readonly broken: string[] = [];

  readonly fault = (): InjectedFault | undefined => {
    if (!this.disturbed || !this.random.chance(0.2)) return undefined;
    this.faults += 1;
    return this.random.pick(FAULTS);
  };

  readonly meddle = async ({ action }: Call): Promise<void> => {
    if (isRead(action)) return;
    this.known = undefined;
    if (!this.disturbed || this.world === undefined || !this.random.chance(0.15)) return;
    if (action === "AuthorizeSecurityGroupIngress" || action === "ModifyManagedPrefixList") {
      await this.addForeign(this.random.pick(this.random.chance(0.6) ? [...this.wanted] : this.anyContent()));
    } else if (action === "RevokeSecurityGroupIngress") {
      await this.world.removeUnwanted?.(this.wanted);
    }
  };

  readonly witness = async ({ action }: Call): Promise<void> => {
    if (this.world === undefined || isRead(action)) return;
    this.looks += 1;
    this.known = undefined;
    const there = await this.look();
    const contents = new Set(there.map(({ content }) => content));
    for (const content of this.guarded) {
      if (!contents.has(content)) this.broken.push(`${action} left ${content} without its rule`);
    }
    for (const entry of this.foreign.values()) {
      const now = there.find(({ id }) => id === entry.id);
      if (now?.description !== entry.description) this.broken.push(`${action} touched the foreign ${entry.content}`);
    }
  };

  async addForeign(content: string | undefined): Promise<void> {
    if (this.world === undefined || content === undefined) return;
    await this.world.add(content, this.random.pick(["", "by hand", "sallyport:another-list", "sallyport:faculty2 x"]));
    this.known = undefined;
    const added = (await this.look()).find((entry) => entry.content === content);
    if (added !== undefined && parseMark(added.description)?.owner !== OWNER) this.foreign.set(added.id, added);
  }

  async look(): Promise<readonly WitnessedRule[]> {
    this.known ??= (await this.world?.look()) ?? [];
    return this.known;
  }

  anyContent(): string[] {
    return this.world?.wanted(this.addresses(UNIVERSE)) ?? [];
  }

  /** A prefix list holds one family. */
  addresses(all: readonly string[]): string[] {
    return this.world?.target.kind === "prefix-list" ? all.filter((text) => !text.includes(":")) : [...all];
  }
}

const isRead = (action: string) => /^(Describe|Get)/.test(action);

async function play(stage: Stage, ec2: Ec2, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const world = seed % 5 === 4 ? await listWorld(`history-${seed}`) : groupWorld(stage.groupId);
  Object.assign(stage, { world, random, foreign: new Map(), guarded: new Set(), wanted: new Set(), known: undefined });
  for (let index = random.below(4); index > 0; index -= 1) await stage.addForeign(random.pick(stage.anyContent()));
  let list: string[] = [];
  let known = await stage.look();
  const isAsListed = () => {
    const foreignContents = new Set([...stage.foreign.values()].map(({ content }) => content));
    const owned = known.filter(({ description }) => parseMark(description)?.owner === OWNER);
    expect(owned.map(({ content }) => content).sort(), `seed ${seed}`).toEqual(
      world
        .wanted(list)
        .filter((content) => !foreignContents.has(content))
        .sort(),
    );
  };
  const run = async (isDisturbed: boolean) => {
    const wanted = world.wanted(list);
    const there = new Set(known.map(({ content }) => content));
    stage.wanted = new Set(wanted);
    stage.guarded = new Set(wanted.filter((content) => there.has(content)));
    stage.disturbed = isDisturbed;
    stage.callsUntilCrash = isDisturbed && random.chance(0.35) ? random.below(4) : Number.POSITIVE_INFINITY;
    const options = { ec2, addresses: list, targets: [world.target], owner: OWNER, overrides: PERMITS };
    const report = await sync(options).catch((error: unknown) => {
      if (error instanceof Crash) stage.crashes += 1;
      // On a bad day a run may give up, with a reason; on a good day it may not.
      if (!isDisturbed || !/^(Crash|Fault)$/.test(error instanceof Error ? error.name : "")) throw error;
      return undefined;
    });
    known = await stage.look();
    if (report !== undefined) isAsListed();
    return report;
  };
  for (let step = 1 + random.below(3); step > 0; step -= 1) {
    list = stage.addresses(UNIVERSE).filter(() => random.chance(0.45));
    await run(true);
  }
  await run(false);
  expect(await run(false), `seed ${seed}`).toMatchObject({ changed: false, added: [], removed: [] });
  expect(stage.broken, `seed ${seed}`).toEqual([]);
  await world.end(await stage.look());
}

test(`${HISTORIES} random histories end with the rules that the list asks for, and nobody is cut off on the way`, async () => {
  const stages: Stage[] = [];
  for (const name of ["a", "b", "c"]) stages.push(new Stage(await moto.raw.createGroup(`histories-${name}`)));
  let next = 0;
  await Promise.all(
    stages.map(async (stage) => {
      const { fault, meddle: before, witness: after } = stage;
      const proxy = await FaultProxy.start({ upstream: moto.url, fault, before, after });
      const client = clientOf(proxy.url);
      client.middlewareStack.add((send) => async (args) => {
        stage.callsUntilCrash -= 1;
        if (stage.callsUntilCrash < 0) throw new Crash();
        return send(args);
      });
      const ec2 = new Ec2(client, BACKOFF);
      for (let seed = next++; seed < HISTORIES; seed = next++) await play(stage, ec2, seed);
      ec2.close();
      await proxy.close();
      expect(proxy.failures).toEqual([]);
    }),
  );
  const total = (key: "looks" | "crashes" | "faults") => stages.reduce((sum, stage) => sum + stage[key], 0);
  // That the day was bad enough to prove something.
  expect(total("looks")).toBeGreaterThan(HISTORIES);
  expect(total("crashes")).toBeGreaterThan(HISTORIES / 10);
  expect(total("faults")).toBeGreaterThan(HISTORIES / 2);
});
