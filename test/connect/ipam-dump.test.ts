import { describe, expect, test } from "vitest";
import { findProgram } from "../../base/tools.js";
import { parseIpamDump } from "../../connect/ipam-dump.js";
import { startPostgres } from "../gateway/support/postgres.js";
import { runOk } from "../support/run.js";

const parse = (text: string) => parseIpamDump(text, '"f.sql"');
const row = (connPort: number, targetPort: number, targetName: string, targetComponent = "CentOS") => ({
  connPort,
  targetAddr: "192.168.1.20",
  targetPort,
  targetName,
  targetComponent,
});

describe("V-23 what pg_dump writes of vLab's table", () => {
  test.each([
    [
      "a COPY block, among others",
      "COPY public.other (a) FROM stdin;\n50000\n\\.\n\nCOPY public.ipam (conn_port, target_addr, target_port, target_name, target_component, routable) FROM stdin;\n50001\t192.168.1.20\t22\ttab\\there\tCentOS\tt\n50000\t192.168.1.20\t443\tm\\\\1\t\\N\t\\N\n\\.\n",
      [row(50000, 443, "m\\1", "machine"), row(50001, 22, "tab\there")],
    ],
    [
      "an INSERT for each row",
      "INSERT INTO public.ipam VALUES (50001, '192.168.1.20', 22, 'it''s; (a, b)', 'CentOS', true);\nINSERT INTO public.ipam VALUES (50000, '192.168.1.20', 443, 'b', 'OneFS', NULL);\n",
      [row(50000, 443, "b", "OneFS"), row(50001, 22, "it's; (a, b)")],
    ],
    [
      "columns in another order",
      "INSERT INTO ipam (target_name, conn_port, target_port, target_addr) VALUES ('a', 50000, 22, '192.168.1.20');",
      [row(50000, 22, "a", "machine")],
    ],
    [
      "many rows in one INSERT, with a line break in a name",
      "INSERT INTO \"ipam\" VALUES\n\t(50000, '192.168.1.20', 22, 'a\nb', 'CentOS', true),\n\t(50001, '192.168.1.20', 23, 'c', 'CentOS', false);\nSELECT 1;\n",
      [row(50000, 22, "a\nb"), row(50001, 23, "c")],
    ],
    ["an empty table", "COPY public.ipam (conn_port) FROM stdin;\n\\.\n", []],
  ])("%s", (_, text, rows) => {
    expect(parse(text)).toEqual(rows);
  });

  test.each([
    ["", 'there is no table "ipam" in "f.sql"'],
    ["INSERT INTO public.ipam2 VALUES (1);", 'there is no table "ipam" in "f.sql"'],
    ["COPY public.ipam (conn_port) FROM stdin;\n50000\n", 'the table "ipam" in "f.sql" is incomplete'],
    ["INSERT INTO ipam VALUES (50000, 'a", 'the table "ipam" in "f.sql" is incomplete'],
    ["INSERT INTO ipam VALUES (50000, pg_sleep(1));", 'the table "ipam" in "f.sql" is incomplete'],
    [
      "INSERT INTO ipam VALUES (0, 'a', 22, 'b', 'c', true);",
      'a row of "ipam" in "f.sql" is not a forward: "0 a 22 b c true"',
    ],
    [
      "INSERT INTO ipam VALUES (50000, NULL, 22, 'b', 'c', true);",
      'a row of "ipam" in "f.sql" is not a forward: "50000 NULL 22 b c true"',
    ],
  ])("%j is refused", (text, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ message, exit: 2 }));
  });

  test("what the real pg_dump writes, in each of its forms", async (context) => {
    const server = await startPostgres();
    if (typeof server === "string") return context.skip(server);
    const psql = findProgram("psql");
    const pgDump = findProgram("pg_dump");
    if (psql === undefined || pgDump === undefined) return context.skip("psql and pg_dump are not installed");
    try {
      const table =
        "CREATE TABLE ipam(conn_port INT PRIMARY KEY NOT NULL, target_addr TEXT, target_port INT, target_name TEXT, target_component TEXT, routable Boolean)";
      const names = ["plain", "it's", "tab\there", "line\nbreak", "back\\slash", "ü (x, y); --"];
      const values = names.map(
        (name, i) => `(${50_000 + i}, '192.168.1.20', 22, '${name.replaceAll("'", "''")}', 'CentOS', NULL)`,
      );
      await runOk(psql, [server.url, "-v", "ON_ERROR_STOP=1", "-q"], {
        input: `${table}; INSERT INTO ipam VALUES ${values.join(",")};`,
      });
      const expected = names.map((name, i) => row(50_000 + i, 22, name));
      for (const form of [
        [],
        ["--inserts"],
        ["--column-inserts"],
        ["--inserts", "--rows-per-insert=4"],
        ["--data-only", "--table=ipam"],
      ]) {
        const { stdout } = await runOk(pgDump, [...form, server.url]);
        expect(parse(`${stdout}\n`), form.join(" ")).toEqual(expected);
      }
    } finally {
      await server.stop();
    }
  });
});
