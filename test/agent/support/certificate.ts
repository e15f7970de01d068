import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A fresh self-signed pair, made by the machine's own openssl. */
export function makeCertificate(names = "DNS:*", days = 30): { cert: string; key: string } {
  const dir = mkdtempSync(join(tmpdir(), "sallyport-pair-"));
  try {
    const files = ["-keyout", join(dir, "key"), "-out", join(dir, "cert")];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const subject = ["-subj", "/CN=test", "-addext", `subjectAltName=${names}`, "-days", String(days)];
    execFileSync("openssl", ["req", "-x509", ...curve, ...files, ...subject], { stdio: "ignore" });
    return { cert: readFileSync(join(dir, "cert"), "utf8"), key: readFileSync(join(dir, "key"), "utf8") };
  } finally {
    rmSync(dir, { recursive: true });
  }
}
