import { expect, test } from "vitest";
import { isEmulated } from "../../../stacks/lifecycle/emulated.js";

test.each([
  ["http://127.0.0.1:5000", true],
  ["http://127.8.8.8", true],
  ["http://localhost:4566/", true],
  ["http://[::1]:5000", true],
  ["https://ec2.eu-west-1.amazonaws.com", false],
  ["http://localhost.example.com", false],
  ["http://10.0.0.7:5000", false],
  ["not a URL", false],
  ["", false],
  [undefined, false],
])("AWS_ENDPOINT_URL %j: an emulator on this machine is %j", (AWS_ENDPOINT_URL, expected) => {
  expect(isEmulated({ AWS_ENDPOINT_URL })).toBe(expected);
});
