/** EC2's instance metadata, version 2: it needs a session token, which a tricked proxy on the host cannot get. */

/** The AWS SDKs read it too. */
const ENDPOINT = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

/** Reads one entry below `meta-data/`; empty if this machine has no such entry. */
export type Metadata = (path: string) => Promise<string>;

/** @throws if the metadata service does not answer. */
export async function openMetadata(env: NodeJS.ProcessEnv): Promise<Metadata> {
  const base = (env[ENDPOINT] || "http://169.254.169.254").replace(/\/+$/, "");
  const ask = async (path: string, init: RequestInit): Promise<string> => {
    const answer = await fetch(`${base}/latest/${path}`, { ...init, signal: AbortSignal.timeout(2_000) });
    const text = await answer.text();
    // Resources that the machine does not have have no entry.
    if (answer.status === 404) return "";
    if (!answer.ok) throw new Error(`instance metadata answered ${answer.status} to ${path}`);
    return text;
  };
  const token = await ask("api/token", {
    method: "PUT",
    headers: { "X-aws-ec2-metadata-token-ttl-seconds": "60" },
  });
  return (path) => ask(`meta-data/${path}`, { headers: { "X-aws-ec2-metadata-token": token } });
}
