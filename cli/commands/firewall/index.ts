/** `sallyport firewall …`. */
import type { Register } from "../../context.js";
import { registerShow } from "./show.js";
import { registerSync } from "./sync.js";
import { registerWhy } from "./why.js";

export const register: Register = (program, wrap) => {
  const firewall = program
    .command("firewall")
    .description("show and explain the firewall rules, and follow lists of addresses");
  registerShow(firewall, wrap);
  registerWhy(firewall, wrap);
  registerSync(firewall, wrap);
};
