/** The public addresses of this machine, as EC2's instance metadata (IMDSv2) tells them. */
import { isIP } from "node:net";

/** Also what the AWS SDKs read. */
const ENDPOINT = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
const MACS = "network/interfaces/macs/";

/**
 * @returns IPv4 first, each once; empty on a machine without a public address.
 * @throws where the metadata service does not answer: then nobody can tell.
 */
export async function publicAddresses(env: NodeJS.ProcessEnv): Promise<string[]> {
  const base = (env[ENDPOINT] || "http://169.254.169.254").replace(/\/+$/, "");
  const ask = async (path: string, init: RequestInit): Promise<string> => {
    const answer = await fetch(`${base}/latest/${path}`, { ...init, signal: AbortSignal.timeout(2_000) });
    const text = await answer.text();
    // Metadata has no entry for what a machine does not have.
    if (answer.status === 404) return "";
    if (!answer.ok) throw new Error(`instance metadata answered ${answer.status} to ${path}`);
    return text;
  };
  const token = await ask("api/token", {
    method: "PUT",
    headers: { "X-aws-ec2-metadata-token-ttl-seconds": "60" },
  });
  const get = (path: string) => ask(`meta-data/${path}`, { headers: { "X-aws-ec2-metadata-token": token } });
  const lists = [await get("public-ipv4")];
  for (const mac of (await get(MACS)).split("\n").filter(Boolean)) {
    lists.push(await get(`${MACS}${mac.replace(/\/$/, "")}/ipv6s`));
  }
  const addresses = lists.flatMap((list) => list.split("\n")).filter((line) => isIP(line) !== 0);
  return [...new Set(addresses)].sort((a, b) => isIP(a) - isIP(b));
}
