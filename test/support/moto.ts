/** One emulator for a file of tests, with a folder of its own that goes with it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EC2Client } from "@aws-sdk/client-ec2";
import { startEmulator } from "../../local/emulator/emulator.js";
import { RawEc2 } from "./raw-ec2.js";

export interface Moto {
  readonly url: string;
  readonly raw: RawEc2;
  stop(): Promise<void>;
}

export async function startMoto(): Promise<Moto> {
  const dir = await mkdtemp(join(tmpdir(), "sallyport-moto-"));
  const emulator = await startEmulator({ dir });
  return {
    url: emulator.url,
    raw: new RawEc2(emulator.url),
    stop: async () => {
      await emulator.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A client as the reconciler wants it: one attempt per call. */
export function clientOf(endpoint: string): EC2Client {
  return new EC2Client({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
}
