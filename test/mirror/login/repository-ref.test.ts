import { describe, expect, test } from "vitest";
import { parseLifetime, repositoryRef } from "../../../mirror/login/repository-ref.js";
import { faultText } from "../../support/fault-text.js";

describe("P-12 names, not ARNs", () => {
  test.each([
    [
      { repository: "arn:aws:codeartifact:eu-west-1:111122223333:repository/tools/team" },
      "write --domain tools --domain-owner 111122223333 --repository team --region eu-west-1",
    ],
    [
      { domain: "arn:aws:codeartifact:eu-west-1:111122223333:domain/tools" },
      "write --domain tools --domain-owner 111122223333 --region eu-west-1",
    ],
    [{ repository: "arn:aws:s3:::b" }, "write the name of a CodeArtifact domain and of a repository in it"],
    [{ domain: "D", repository: "team" }, "write 2 to 50 lower-case letters"],
    [{ domain: "tools", repository: "team", domainOwner: "123" }, "write the 12 digits"],
    [{ domain: "tools", repository: "-x" }, "write 2 to 100 letters"],
    [{ domain: "tools", repository: "team", endpointUrl: "ftp://x" }, "write a URL"],
    [{ domain: "tools" }, "name the repository with --domain and --repository"],
  ])("%j", async (flags, hint) => expect(await faultText(() => repositoryRef(flags))).toContain(hint));
});

test("P-14 lifetimes: 0 and 15 minutes to 12 hours", () => {
  expect(["0", "15m", "900", "1h30m", "12h", "43200"].map(parseLifetime)).toEqual([0, 900, 900, 5400, 43_200, 43_200]);
  for (const wrong of ["14m", "13h", "-1", "", "1d", "899", "x"])
    expect(() => parseLifetime(wrong)).toThrow("--duration");
});
