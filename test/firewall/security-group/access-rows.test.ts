import { expect, test } from "vitest";
import { accessRows } from "../../../firewall/security-group/access-rows.js";
import { Cidr } from "../../../net/cidr.js";
import type { InstalledRule } from "../../../net/ec2-rules.js";

const now = new Date("2026-03-01T08:00:00Z");
const rule = (port: number, source: string, description: string): InstalledRule => ({
  id: `sgr-${port}`,
  protocol: "tcp",
  ports: { from: port, to: port },
  source: { kind: "cidr", cidr: Cidr.parse(source) },
  description,
});

test("each rule says who may come in, until when and why; leases first", () => {
  const rows = accessRows(
    [
      rule(9100, "192.0.2.10/32", "monitoring, by hand"),
      rule(22, "203.0.113.7/32", "sallyport:lab managed-by=terraform allow_ports"),
      rule(5432, "198.51.100.0/28", "sallyport:office of the API"),
      rule(443, "198.51.100.9/32", "sallyport:access until=2026-03-01T07:00:00Z for=bob"),
      rule(22, "198.51.100.8/32", "sallyport:access until=2026-03-01T09:00:00Z for=ada,grace debug the build"),
    ],
    now,
  );
  const leased = { kind: "lease", protocol: "tcp" };
  expect(rows).toEqual([
    {
      ...leased,
      who: ["ada", "grace"],
      ports: "22",
      source: "198.51.100.8/32",
      until: "2026-03-01T09:00:00Z",
      is_over: false,
      why: "debug the build",
    },
    {
      ...leased,
      who: ["bob"],
      ports: "443",
      source: "198.51.100.9/32",
      until: "2026-03-01T07:00:00Z",
      is_over: true,
      why: "",
    },
    { kind: "deployment", who: ["lab"], protocol: "tcp", ports: "22", source: "203.0.113.7/32", why: "allow_ports" },
    { kind: "list", who: ["office"], protocol: "tcp", ports: "5432", source: "198.51.100.0/28", why: "of the API" },
    { kind: "other", who: [], protocol: "tcp", ports: "9100", source: "192.0.2.10/32", why: "monitoring, by hand" },
  ]);
});
