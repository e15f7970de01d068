/** Problems of Apyfal's protocol. Where Apyfal has a text of its own, users get that text. */
import { Problem } from "../../http/problem.js";

const bad = (code: string, detail: string) => new Problem(400, code, "Bad request", detail);

export const notConfigured = () =>
  bad("not-configured", "AcceleratorClient has not been configured. Use 'start' function.");

export const unknownConfiguration = (given: string) =>
  bad("unknown-configuration", `there is no configuration ${JSON.stringify(given.slice(0, 200))}: POST one first`);

export const failedConfiguration = (id: number) =>
  bad("failed-configuration", `configuration ${id} has failed: POST another one`);

export const unauthorizedPath = (path: string) =>
  new Problem(403, "unauthorized-path", "Forbidden", `Unauthorized path: '${path}'`);

export const notHostUrl = (field: string) =>
  new Problem(
    403,
    "not-host-url",
    "Forbidden",
    `${field}: a client names files of the host only as host:///ABSOLUTE/PATH; send its own as "datafile"`,
  );

export const foreignUrl = (field: string, scheme: string) =>
  bad(
    "foreign-url",
    `${field}: this host fetches no ${scheme}:// URLs; send the content as "datafile", or copy it to the host first`,
  );

export const relativeHostPath = (field: string) =>
  bad("relative-path", `${field}: write host:///ABSOLUTE/PATH or host://~/PATH`);

export const twoUrls = (one: string, other: string) => bad("two-urls", `${one} and ${other} name different files`);

export const twoInputs = () => bad("two-inputs", 'send "datafile" or name a file of the host, not both');

export const noDestination = () => bad("no-destination", "a configuration has no output: dst is for process");

export const badParameters = (reason: string) => bad("bad-parameters", `parameters: ${reason}`);

export const malformedForm = (reason: string) => bad("malformed-form", `the form is malformed: ${reason}`);

export const repeatedField = (name: string) => bad("repeated-field", `the form has "${name}" more than once`);

export const unknownField = (known: readonly string[]) =>
  bad("unknown-field", `the form has a field that is not known here; known: ${known.join(", ")}`);

export const fieldTooLarge = (name: string, limit: number) =>
  new Problem(413, "too-large", "Content too large", `"${name}" may have at most ${limit} bytes`);

export const tooManyParts = (limit: number) =>
  new Problem(413, "too-many-parts", "Content too large", `a form may have at most ${limit} parts`);

export const notAForm = () =>
  new Problem(415, "not-a-form", "Unsupported media type", "send multipart/form-data with a boundary");
