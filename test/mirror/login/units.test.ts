import { expect, test } from "vitest";
import { serviceText } from "../../../mirror/login/units.js";

test("a unit's words are quoted as systemd reads them", () => {
  const text = serviceText({ command: ["/a b/node", "50%"], environment: { HOME: "/h o" } });
  expect(text).toContain('ExecStart="/a b/node" 50%%\n');
  expect(text).toContain('Environment="HOME=/h o"\n');
});

test("T-24: a run takes a limited share of the machine", () => {
  const text = serviceText({ command: ["/usr/bin/sallyport"], environment: {} });
  expect(text.match(/^(?:MemoryMax|TasksMax)=.*$/gm)).toEqual(["MemoryMax=512M", "TasksMax=64"]);
});
