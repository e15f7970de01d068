import { expect, test } from "vitest";
import { serviceText } from "../../../mirror/login/units.js";

test("a unit's words are quoted as systemd reads them", () => {
  const text = serviceText({ command: ["/a b/node", "50%"], environment: { HOME: "/h o" } });
  expect(text).toContain('ExecStart="/a b/node" 50%%\n');
  expect(text).toContain('Environment="HOME=/h o"\n');
});
