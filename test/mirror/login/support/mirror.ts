/** The embedded CodeArtifact with a domain `tools` in it: `team` above `store`, which is connected to directories of packages. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AssociateExternalConnectionCommand,
  CodeartifactClient,
  CreateDomainCommand,
  CreateRepositoryCommand,
} from "@aws-sdk/client-codeartifact";
import { pino } from "pino";
import { type Mirror, startMirror } from "../../../../mirror/serve.js";
import { npmTarball, wheel } from "../../support/wheels.js";

export interface Lab {
  readonly home: string;
  readonly mirror: Mirror;
  /** For commands: nothing of the developer's own. */
  readonly env: Record<string, string>;
  /** All that the mirror logged. */
  readonly log: () => string;
  /** Moves the mirror's clock. */
  advance(milliseconds: number): void;
  close(): Promise<void>;
}

const AWS = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "us-east-1" };

export async function openLab(): Promise<Lab> {
  const root = await mkdtemp(join(tmpdir(), "sallyport-mirror-"));
  const home = join(root, "home");
  const [wheels, tarballs] = [join(root, "wheels"), join(root, "tarballs")];
  for (const dir of [home, wheels, tarballs]) await mkdir(dir);
  for (const project of [
    { name: "outside", version: "1.0" },
    { name: "acme-core", version: "9.9" },
  ]) {
    const file = wheel(project);
    await writeFile(join(wheels, file.name), file.content);
  }
  const tarball = npmTarball({ name: "left", version: "1.0.0" });
  await writeFile(join(tarballs, tarball.name), tarball.content);
  let log = "";
  let offset = 0;
  const mirror = await startMirror(
    {
      dir: join(root, "mirror"),
      listen: { address: "127.0.0.1", port: 0 },
      account: "123456789012",
      region: "us-east-1",
      emulator: true,
      connections: { "public:pypi": wheels, "public:npmjs": tarballs },
    },
    {
      env: { HOME: root },
      log: pino(
        { level: "trace" },
        {
          write(line: string) {
            log += line;
          },
        },
      ),
      now: () => Date.now() + offset,
    },
  );
  const client = new CodeartifactClient({
    region: "us-east-1",
    endpoint: mirror.url,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const domain = "tools";
  await client.send(new CreateDomainCommand({ domain }));
  for (const [store, externalConnection] of [
    ["store", "public:pypi"],
    ["npm-store", "public:npmjs"],
  ] as const) {
    await client.send(new CreateRepositoryCommand({ domain, repository: store }));
    await client.send(new AssociateExternalConnectionCommand({ domain, repository: store, externalConnection }));
  }
  const upstreams = [{ repositoryName: "store" }, { repositoryName: "npm-store" }];
  await client.send(new CreateRepositoryCommand({ domain, repository: "team", upstreams }));
  client.destroy();
  return {
    home,
    mirror,
    env: { HOME: home, ...AWS, AWS_ENDPOINT_URL_CODEARTIFACT: mirror.url },
    log: () => log,
    advance: (milliseconds) => {
      offset += milliseconds;
    },
    close: async () => {
      await mirror.close();
      await rm(root, { recursive: true });
    },
  };
}
