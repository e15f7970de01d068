/** An `nft` program without a kernel: it accepts everything, and hangs between `hang` and `recover`. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The session reads lines until a command with a known answer; the other calls are one process each. */
const SCRIPT = `#!/bin/sh
dir=\${0%/*}
echo $$ >> "$dir/pids"
hang() { if [ -e "$dir/hang" ]; then trap '' TERM; while :; do sleep 0.2; done; fi; }
case "$*" in
monitor) exec sleep 3600 ;;
-i)
  while read -r line; do
    hang
    case "$line" in
      "describe meta iif") echo 'meta expression, datatype iface_index (network interface index) (basetype integer), 32 bits' ;;
      quit) exit 0 ;;
    esac
  done ;;
"-f -") cat > "$dir/loaded"; hang ;;
*-j*) hang; echo '{"nftables":[]}' ;;
*) hang; echo 'table inet sallyport {}' ;;
esac
`;

export class FakeNft {
  readonly path: string;

  constructor(private readonly dir: string) {
    mkdirSync(dir, { recursive: true });
    this.path = join(dir, "nft");
    writeFileSync(this.path, SCRIPT);
    chmodSync(this.path, 0o755);
  }

  /** From now on, each call and each line hangs, and SIGTERM does not end it. */
  hang(): void {
    writeFileSync(join(this.dir, "hang"), "");
  }

  /** New processes answer again. */
  recover(): void {
    rmSync(join(this.dir, "hang"), { force: true });
  }

  /** The table that was loaded last. */
  get loaded(): string {
    return readFileSync(join(this.dir, "loaded"), "utf8");
  }

  /** Processes of this program that still run. */
  running(): number[] {
    const pids = existsSync(join(this.dir, "pids")) ? readFileSync(join(this.dir, "pids"), "utf8").trim() : "";
    return pids
      .split("\n")
      .map(Number)
      .filter((pid) => pid > 0 && existsSync(`/proc/${pid}`));
  }
}
