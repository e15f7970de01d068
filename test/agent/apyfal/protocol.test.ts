/** Apyfal's protocol, row by row of its documentation, as its own client speaks it over HTTPS. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runInProcess } from "../../support/run-cli.js";
import { CANARY, TOKEN } from "../support/test-agent.js";
import { type ApyfalAgent, startApyfalAgent } from "./apyfal-agent.js";
import { ApyfalClient, ClientError, type Document, multipart, session } from "./apyfal-client.js";

let agent: ApyfalAgent;
beforeAll(async () => {
  agent = await startApyfalAgent({
    arrange: (base) => {
      writeFileSync(join(base, "home/shared/in.txt"), "from the host");
      writeFileSync(join(base, "data/in.txt"), "read-only");
      mkdirSync(join(base, "home/shared-evil"));
      writeFileSync(join(base, "home/shared-evil/in.txt"), CANARY);
      symlinkSync(join(base, "canary"), join(base, "home/shared/link"));
    },
  });
});
afterAll(() => agent.stop());

const get = async (path: string): Promise<{ status: number; body: Document }> => {
  const { status, body } = await agent.http.send("GET", path.startsWith("http") ? path : agent.url + path);
  return { status, body: body.length === 0 ? undefined : JSON.parse(body.toString()) };
};
const post = async (path: string, fields: Record<string, string | Buffer>) => {
  const { status, body } = await agent.http.send("POST", agent.url + path, multipart(fields));
  return { status, body: JSON.parse(body.toString()) as Document };
};
const specific = (what: object) => JSON.stringify({ app: { specific: what } });
const started = async () => {
  const client = await agent.client();
  await client.start();
  return client;
};
const jobDirs = () =>
  readdirSync(join(agent.base, "home/jobs"))
    .filter((name) => /^[0-9a-f]{32}$/.test(name))
    .sort();

describe("the client's day", () => {
  test("start, process and stop go through, request by request as Apyfal sends them", async () => {
    const own = session(agent.ca);
    const client = await new ApyfalClient(agent.url, own).connect();
    const configured = await client.start({ src: Buffer.from("bitstream") });
    expect(configured.app.specific).toMatchObject({ mode: "0", input: "bitstream" });
    const id = client.configurationUrl?.match(/\/v1\.0\/configuration\/(\d+)\/$/)?.[1];
    const { output, result, id: processId } = await client.process({ src: Buffer.from("words"), dst: true });
    expect([output?.toString(), result.mode]).toEqual(["WORDS", "1"]);
    expect(await client.stop()).toMatchObject({ app: { status: 0, msg: "" } });
    const polls = own.sent.filter((line) => line === `GET /v1.0/process/${processId}`);
    expect(polls.length).toBeGreaterThan(0);
    expect(own.sent.filter((line) => !polls.includes(line))).toEqual([
      "GET /v1.0/configuration/",
      "POST /v1.0/configuration/",
      `GET /v1.0/configuration/${id}`,
      "POST /v1.0/process/",
      `GET /v1.0/process/${processId}/datafileresult`,
      `DELETE /v1.0/process/${processId}`,
      "GET /",
      "GET /v1.0/stop/",
    ]);
    own.close();
  });
});

describe("configurations", () => {
  test("A-70: the list has pages, and its first is the last one, used for as long as the accelerator runs", async () => {
    const client = await started();
    const { status, body } = await get("/v1.0/configuration/");
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(["count", "next", "previous", "results"]);
    expect([body.next, body.previous, body.count]).toEqual([null, null, body.results.length]);
    expect(body.results[0]).toMatchObject({ url: client.configurationUrl, used: true });
    expect(Object.keys(body.results[0]).sort()).toEqual(
      [
        ...["id", "url", "used", "parameters", "datafile", "created", "processed", "processed_date"],
        ...["inerror", "errorcode", "parametersresult"],
      ].sort(),
    );
    const ids = body.results.map(({ id }: Document) => id);
    expect(ids).toEqual([...ids].sort((a, b) => b - a));
    // Another client takes it over, without a start of its own.
    const second = await agent.client();
    expect(second.configurationUrl).toBe(client.configurationUrl);
    expect((await second.process({ src: Buffer.from("a"), dst: true })).output?.toString()).toBe("A");

    await client.start();
    expect((await get("/v1.0/configuration")).body.results.map(({ used }: Document) => used).slice(0, 2)).toEqual([
      true,
      false,
    ]);
    await client.stop();
    expect((await get("/v1.0/configuration?page=1")).body.results[0].used).toBe(false);
    expect((await agent.client()).configurationUrl).toBeUndefined();
    for (const page of ["0", "2", "x", "-1"]) expect((await get(`/v1.0/configuration/?page=${page}`)).status).toBe(404);
  });

  test("A-71: the form's parameters and file reach the program, whichever part comes first", async () => {
    const fields = { datafile: Buffer.from("first"), parameters: specific({ level: 3 }) };
    const { status, body } = await post("/v1.0/configuration", fields);
    expect([status, body.inerror, body.processed, typeof body.id]).toEqual([200, false, true, "number"]);
    expect(body.url).toBe(`${agent.url}/v1.0/configuration/${body.id}/`);
    expect(body.parametersresult.app.specific).toMatchObject({ mode: "0", input: "first" });
    expect(body.parametersresult.app.specific.given.app.specific).toEqual({ level: 3 });
    const bare = await post("/v1.0/configuration/", { parameters: "" });
    expect(bare.body.parametersresult.app.specific.input).toBe("none");
  });

  test("A-72: one configuration, with and without a slash at its end", async () => {
    const client = await started();
    const url = String(client.configurationUrl);
    const [slash, bare] = [await get(url), await get(url.slice(0, -1))];
    expect(slash).toEqual(bare);
    expect(slash.body).toMatchObject({ url, inerror: false, errorcode: "", processed: true });
    expect(slash.body.parametersresult.app.specific.mode).toBe("0");
    for (const id of ["999999", "x", "1.0", "-1"]) expect((await get(`/v1.0/configuration/${id}/`)).status).toBe(404);
  });
});

describe("processes", () => {
  test("A-73, T7: the configuration is an id or a URL by any name of this host; none or an unknown one is 400", async () => {
    const client = await started();
    const id = String(client.configurationUrl?.match(/(\d+)\/$/)?.[1]);
    const spellings = [
      id,
      String(client.configurationUrl),
      `https://another.name/v1.0/configuration/${id}`,
      `/v1.0/configuration/${id}/`,
    ];
    for (const configuration of spellings) {
      const { status, body } = await post("/v1.0/process/", { configuration });
      expect([status, body.configuration]).toEqual([200, client.configurationUrl]);
    }
    const none = await post("/v1.0/process", { parameters: "{}" });
    expect([none.status, none.body.detail]).toEqual([
      400,
      "AcceleratorClient has not been configured. Use 'start' function.",
    ]);
    for (const configuration of ["999999", "x", "1e3", "0x1", `${id} `.repeat(2), `/v1.0/process/${id}/`, "../1"]) {
      const { status, body } = await post("/v1.0/process/", { configuration, datafile: Buffer.from("x") });
      expect([configuration, status, body.type]).toEqual([
        configuration,
        400,
        "urn:sallyport:problem:unknown-configuration",
      ]);
    }
  });

  test("A-74: a process is not processed until it is, and then has an absolute URL of its result", async () => {
    const client = await started();
    const configuration = String(client.configurationUrl);
    const hanging = await post("/v1.0/process/", { configuration, parameters: specific({ please: "hang" }) });
    expect(hanging.body).toMatchObject({
      processed: false,
      inerror: false,
      datafileresult: null,
      parametersresult: {},
    });
    expect((await get(`/v1.0/process/${hanging.body.id}`)).body).toMatchObject({ processed: false, inerror: false });
    const early = await agent.http.send("GET", `${agent.url}/v1.0/process/${hanging.body.id}/datafileresult`);
    expect([early.status, early.body.length]).toEqual([404, 0]);
    await agent.http.send("DELETE", hanging.body.url);

    const { body } = await post("/v1.0/process/", { configuration, datafile: Buffer.from("x") });
    let document = body;
    while (!document.processed) document = (await get(`/v1.0/process/${body.id}`)).body;
    expect(Object.keys(document).sort()).toEqual(
      [
        ...["id", "url", "parameters", "datafile", "created", "processed", "processed_date", "inerror", "errorcode"],
        ...["parametersresult", "datafileresult", "configuration"],
      ].sort(),
    );
    expect(document.datafileresult).toBe(`${agent.url}/v1.0/process/${body.id}/datafileresult`);
    const list = (await get("/v1.0/process/")).body;
    expect(list.results[0]).toEqual(document);
    expect((await get(`/v1.0/process/${body.id}/`)).body).toEqual(document);
  });

  test("A-74: the list of many processes has a next and a previous page", async () => {
    const own = await startApyfalAgent();
    const client = await own.client();
    await client.start();
    const form = multipart({ configuration: String(client.configurationUrl), parameters: specific({ a: "hang" }) });
    for (let count = 0; count < 101; count += 1) await own.http.send("POST", `${own.url}/v1.0/process/`, form);
    const page = async (url: string) => JSON.parse((await own.http.send("GET", url)).body.toString());
    const first = await page(`${own.url}/v1.0/process/`);
    expect([first.count, first.results.length, first.results[0].id, first.previous]).toEqual([101, 100, 101, null]);
    const second = await page(first.next);
    expect([second.results.length, second.results[0].id, second.next]).toEqual([1, 1, null]);
    expect((await page(second.previous)).results).toHaveLength(100);
    await own.stop();
  });

  test("A-75: DELETE is 204, ends what runs, and leaves nothing of it", async () => {
    const client = await started();
    const before = jobDirs();
    const configuration = String(client.configurationUrl);
    for (const [parameters, slash] of [
      [specific({ please: "hang" }), "/"],
      ["{}", ""],
    ] as const) {
      const { body } = await post("/v1.0/process/", { configuration, parameters, datafile: Buffer.from("x") });
      const url = `${agent.url}/v1.0/process/${body.id}${slash}`;
      const reply = await agent.http.send("DELETE", url);
      expect([reply.status, reply.body.length]).toEqual([204, 0]);
      expect([(await get(url)).status, (await agent.http.send("DELETE", url)).status]).toEqual([404, 404]);
    }
    expect(jobDirs()).toEqual(before);
  });
});

describe("stop and schema", () => {
  test.each([
    ["GET", "/v1.0/stop"],
    ["GET", "/v1.0/stop/"],
    ["POST", "/v1.0/stop"],
    ["POST", "/v1.0/stop/"],
  ])("A-76, T7: %s %s stops", async (method, path) => {
    await started();
    const { status, body } = await agent.http.send(method, agent.url + path);
    expect(status).toBe(200);
    expect(JSON.parse(body.toString())).toMatchObject({ app: { status: 0, msg: "", specific: { mode: "2" } } });
    expect((await get("/v1.0/configuration/")).body.results[0].used).toBe(false);
  });

  test("A-76: HEAD stops nothing, nor does a page of another site", async () => {
    await started();
    expect((await agent.http.send("HEAD", `${agent.url}/v1.0/stop`)).status).toBe(405);
    const headers = { "Sec-Fetch-Site": "cross-site" };
    for (const method of ["GET", "POST"]) {
      expect((await agent.http.send(method, `${agent.url}/v1.0/stop`, { headers })).status).toBe(403);
    }
    expect((await get("/v1.0/configuration/")).body.results[0].used).toBe(true);
  });

  test("A-77: the schema describes every route that is served", async () => {
    const { status, body } = await get("/v1.0/schema/");
    expect([status, body.openapi, body.servers]).toEqual([200, "3.1.0", [{ url: agent.url }]]);
    const operations = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods as object).map((method) => [method.toUpperCase(), path.replace("{id}", "999999")] as const),
    );
    expect(operations).toHaveLength(10);
    for (const [method, path] of operations) {
      const options = method === "POST" && !path.includes("stop") ? multipart({ parameters: "" }) : {};
      const { status } = await agent.http.send(method, agent.url + path, options);
      expect([method, path, status === 405 || status >= 500]).toEqual([method, path, false]);
      const wrong = await agent.http.send("PATCH", agent.url + path);
      expect([path, wrong.status]).toEqual([path, 405]);
    }
    expect((await get("/v1.0/nothing/")).status).toBe(404);
  });
});

describe("errors", () => {
  test("A-78: what the program says of itself reaches the user as its message, not as an error of the host", async () => {
    const client = await agent.client();
    await expect(client.start({ specific: { please: "say-no" } })).rejects.toThrow(
      /^Failed to configure accelerator: the program says no$/,
    );
    await client.start();
    const failed: unknown = await client
      .process({ src: Buffer.from("x"), dst: true, specific: { please: "say-no" } })
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ClientError);
    expect((failed as ClientError).message).toBe("Processing failed: the program says no");
    // What the user's file gets: no error page.
    expect((failed as ClientError).output?.length).toBe(0);
  });

  test("A-78: a program that dies is an error of the host, with a word and a message", async () => {
    const client = await started();
    await expect(client.process({ specific: { please: "crash" } })).rejects.toThrow(/^Host returned an error: /);
    const { body } = await post("/v1.0/configuration/", { parameters: specific({ please: "crash" }) });
    expect(body).toMatchObject({ inerror: true, processed: true, errorcode: "exit", used: false });
    expect(body.parametersresult.app).toMatchObject({ status: 3, msg: "the program ended with status 3" });
    const after = await post("/v1.0/process/", { configuration: String(body.id) });
    expect([after.status, after.body.detail]).toEqual([400, `configuration ${body.id} has failed: POST another one`]);
    expect((await get("/v1.0/configuration/")).body.results[0].inerror).toBe(true);
  });
});

describe("documents", () => {
  test("A-79: parameters are laid over the defaults, and the result has its specific part and a profile", async () => {
    const { body } = await post("/v1.0/configuration/", {
      parameters: JSON.stringify({ app: { reset: true, logging: { verbosity: 5 }, specific: { a: { b: 1 } } } }),
    });
    expect(body.parametersresult.app.specific.given).toEqual({
      app: {
        ...{ reset: true, reload: true, "enable-sw-comparison": 0 },
        logging: { format: 1, verbosity: 5 },
        specific: { a: { b: 1 } },
      },
      env: {},
    });
    const client = await started();
    const { response, result } = await client.process({ src: Buffer.from("12345"), specific: { level: 2 } });
    expect(result.given).toEqual({
      app: {
        ...{ reset: false, "enable-sw-comparison": 0 },
        logging: { format: 1, verbosity: 4 },
        specific: { level: 2 },
      },
    });
    expect(response.app.profiling).toEqual({
      "wall-clock-time": expect.any(Number),
      "total-bytes-written": 5,
      "total-bytes-read": 5,
    });
  });

  test.each([
    ["[]", "parameters: write a JSON object"],
    ["{", "parameters: this is not JSON"],
    ['{"app":1}', "parameters: app and app.specific are objects"],
    ['{"app":{"specific":[]}}', "parameters: app and app.specific are objects"],
    [`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`, "parameters: at most 64 levels may lie in one another"],
  ])("A-79: parameters that are no such document are 400", async (parameters, detail) => {
    const { status, body } = await post("/v1.0/configuration/", { parameters });
    expect([status, body.detail]).toEqual([400, detail]);
  });

  test("A-79: __proto__ is a name like any other", async () => {
    const { body } = await post("/v1.0/configuration/", { parameters: '{"app":{"specific":{"__proto__":{"x":1}}}}' });
    expect(JSON.stringify(body.parameters.app.specific)).toBe('{"__proto__":{"x":1}}');
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  test("A-81: an Apyfal before 1.0.0 is told so in its own words; none, and every later one, is accepted", async () => {
    const client = await agent.client();
    const text = "Apyfal version needs to be at least 1.0.0. Please upgrade it.";
    await expect(client.start({ env: { apyfal_version: "0.9.5" } })).rejects.toThrow(text);
    const { body } = await post("/v1.0/configuration/", {
      parameters: '{"env":{"apyfal_version":"0.0.0"}}',
      datafile: Buffer.from("x"),
    });
    expect(body).toMatchObject({ inerror: true, errorcode: "apyfal-version", used: false });
    expect(body.parametersresult.app.msg).toBe(text);
    for (const apyfal_version of ["1.0.0", "1.2.7", "10.0.0", "2.0.0rc1", undefined]) {
      const parameters = JSON.stringify({ env: { apyfal_version } });
      expect((await post("/v1.0/configuration/", { parameters })).body.inerror).toBe(false);
    }
  });

  test("A-82: ids are integers, parameters and results are objects", async () => {
    const client = await started();
    const { body } = await post("/v1.0/process/", { configuration: String(client.configurationUrl) });
    expect([typeof body.id, typeof body.parameters, typeof body.parametersresult]).toEqual([
      "number",
      "object",
      "object",
    ]);
    const list = (await get("/v1.0/configuration/")).body.results[0];
    expect([Number.isInteger(list.id), list.parameters.app.specific, list.parametersresult.app.status]).toEqual([
      true,
      {},
      0,
    ]);
  });
});

test("A-80: with a token, HTTP Basic with the token as password is let in on these routes, and on no other", async () => {
  const own = await startApyfalAgent({ auth: "token" });
  const basic = (password: string) => ({
    Authorization: `Basic ${Buffer.from(`anybody:${password}`).toString("base64")}`,
  });
  const status = async (path: string, headers = {}) => (await own.http.send("GET", own.url + path, { headers })).status;
  expect(await status("/v1.0/configuration/")).toBe(401);
  expect(await status("/v1.0/nothing")).toBe(401);
  expect(await status("/")).toBe(401);
  expect(await status("/v1.0/configuration/", basic(TOKEN))).toBe(200);
  expect(await status("/v1.0/configuration/", { Authorization: `Bearer ${TOKEN}` })).toBe(200);
  for (const wrong of ["", "x", `${TOKEN}x`, TOKEN.slice(1), `x:${TOKEN}`, `${TOKEN}:`, `${TOKEN}\n`]) {
    expect([wrong, await status("/v1.0/configuration/", basic(wrong))]).toEqual([wrong, 401]);
  }
  expect(await status("/v1.0/configuration/", { Authorization: `Basic ${TOKEN}` })).toBe(401);
  expect(await status("/v1/files", basic(TOKEN))).toBe(401);
  expect(await status("/v1/jobs", basic(TOKEN))).toBe(401);

  const client = await new ApyfalClient(own.url, session(own.ca, basic(TOKEN))).connect();
  await client.start();
  expect((await client.process({ src: Buffer.from("in"), dst: true })).output?.toString()).toBe("IN");
  expect(await client.stop()).toMatchObject({ app: { status: 0 } });
  client.http.close();
  await own.stop();
});

test("A-80: Apyfal's own client needs auth: none, and the agent's log warns of it", () => {
  expect(agent.log.find(({ event }) => event === "open")).toMatchObject({ level: 40 });
});

test("A-83: one run at a time, in the order of the requests, whoever asks", async () => {
  const clients = await Promise.all([started(), started()]);
  const configuration = String(clients[0].configurationUrl);
  const hanging = await post("/v1.0/process/", { configuration, parameters: specific({ please: "hang" }) });
  const waiting = await post("/v1.0/process/", { configuration, datafile: Buffer.from("b") });
  expect((await get(`/v1.0/process/${waiting.body.id}`)).body.processed).toBe(false);
  await agent.http.send("DELETE", hanging.body.url);
  let document = waiting.body;
  while (!document.processed) document = (await get(document.url)).body;
  expect(document.parametersresult.app.specific.input).toBe("b");
  const both = await Promise.all(
    clients.map((client, index) => client.process({ src: Buffer.from(`n${index}`), dst: true })),
  );
  expect(both.map(({ output }) => output?.toString())).toEqual(["N0", "N1"]);
});

test("A-83: another accelerator is named in the query or in the parameters; an unknown one is 404", async () => {
  for (const [path, parameters] of [
    ["/v1.0/configuration/?accelerator=other", "{}"],
    ["/v1.0/configuration/", '{"accelerator":"other"}'],
  ] as const) {
    const { body } = await post(path, { parameters });
    const client = await agent.client();
    expect(client.configurationUrl).toBe(body.url);
    expect((await client.process({ src: Buffer.from("uryyb"), dst: true })).output?.toString()).toBe("hello");
  }
  expect((await post("/v1.0/configuration/?accelerator=none", { parameters: "{}" })).status).toBe(404);
  expect((await get("/v1.0/stop?accelerator=none")).status).toBe(404);
  expect((await get("/v1.0/stop?accelerator=other")).body.app.status).toBe(0);
});

test("A-83: the user's Accelize account ends at the agent: not served, not kept, not given to the program", async () => {
  const client = await started();
  const shown = JSON.stringify((await get(String(client.configurationUrl))).body);
  expect(shown).toContain('"apyfal_version":"1.2.7"');
  const kept = jobDirs().map((id) => readFileSync(join(agent.base, "home/jobs", id, "job.json"), "utf8"));
  const all = [
    shown,
    JSON.stringify(agent.log),
    readFileSync(join(agent.base, "home/jobs/apyfal.json"), "utf8"),
    ...kept,
  ];
  for (const text of all) expect(text).not.toContain("accelize-");
  expect(existsSync(join(agent.base, "home/jobs/apyfal.json"))).toBe(true);
});

test("A-84: in place of Apyfal's command there is ours: mistakes exit 2, and no secret is cached at home", async () => {
  const home = mkdtempSync(join(tmpdir(), "sallyport-home-"));
  const context = { cwd: home, env: { HOME: home, PATH: process.env.PATH } };
  const wrong = await runInProcess(["process", "--src", "a", "--no-such-option"], context);
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("--no-such-option")]);
  const help = await runInProcess(["--help"], context);
  for (const verb of ["up", "process", "stop", "down", "get", "put"]) expect(help.stdout).toMatch(`\n  ${verb}`);
  expect(readdirSync(home)).toEqual([]);
  rmSync(home, { recursive: true });
});
