/** Both APIs over HTTPS, with an nft that accepts everything. */
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { Cidr } from "../../../net/cidr.js";
import { startKernellessGateway, type TestGateway, tokenOf } from "../support/gateway.js";

let gateway: TestGateway;
let token: string;
beforeAll(async () => {
  gateway = await startKernellessGateway();
  token = await tokenOf("ada");
});
afterAll(() => gateway?.stop());

const body = { target_addr: "192.168.1.5", target_port: 22, target_name: "m", target_component: "CentOS" };

test("G-09: no request parses a network of the configuration", async () => {
  const parsing = vi.spyOn(Cidr, "around");
  onTestFinished(() => parsing.mockRestore());
  for (const path of ["/v1/forwards", "/api/1/ipam/portmap"]) {
    expect((await gateway.ask(path, { method: "POST", token, body })).status).toBeLessThan(300);
    expect((await gateway.ask(path, { token })).status).toBe(200);
  }
  expect(parsing.mock.calls).toEqual([]);
});

test.each([0, 65_536, 99_999, 2_147_483_647, 2_147_483_648, 2 ** 53])(
  "G-10: %d is no port, and each request with it is the sender's mistake",
  async (number) => {
    const statuses = await Promise.all([
      gateway.ask("/api/1/ipam/portmap", { method: "DELETE", token, body: { conn_port: number } }),
      gateway.ask(`/v1/forwards/${number}`, { method: "DELETE", token }),
      gateway.ask(`/v1/forwards/${number}`, { token }),
      gateway.ask("/v1/forwards", { method: "POST", token, body: { ...body, conn_port: number } }),
      gateway.ask("/v1/forwards", { method: "POST", token, body: { ...body, target_port: number } }),
      gateway.ask(`/v1/forwards?conn_port=${number}`, { token }),
      gateway.ask(`/v1/usage?conn_port=${number}`, { token }),
    ]).then((answers) => answers.map(({ status }) => status));
    expect(statuses).toEqual([404, 404, 404, 422, 422, 422, 422]);
    // vLab finds nothing where a number is no port.
    const listed = await gateway.ask(`/api/1/ipam/portmap?conn_port=${number}`, { token });
    expect([200, 400]).toContain(listed.status);
    expect(listed.json.content?.ports ?? {}).toEqual({});
  },
);
