/** `sallyport gateway …`. */
import type { Register } from "../../context.js";
import { registerInit } from "./init.js";
import { registerOpen } from "./open.js";
import { registerServe } from "./serve.js";
import { registerToken } from "./token.js";

export const gatewayCommand: Register = (program, wrap) => {
  const gateway = program.command("gateway").description("set up and run a gateway, and manage its users");
  registerInit(gateway, wrap);
  registerServe(gateway, wrap);
  registerOpen(gateway, wrap);
  registerToken(gateway, wrap);
};
