/** `sallyport firewall …`: what is let in, why, and lists that are followed. */
import type { Register } from "../../context.js";
import { registerShow } from "./show.js";
import { registerSync } from "./sync.js";
import { registerWhy } from "./why.js";

export const register: Register = (program, wrap) => {
  const firewall = program
    .command("firewall")
    .description("what is let in and why, and lists of addresses that are followed");
  registerShow(firewall, wrap);
  registerWhy(firewall, wrap);
  registerSync(firewall, wrap);
};
