/** `sallyport firewall …`: what is let in, why, and lists that are followed. */
import type { Register } from "../../context.js";
import { registerSync } from "./sync.js";

export const register: Register = (program, wrap) => {
  const firewall = program.command("firewall").description("follow lists of addresses in security-group rules");
  registerSync(firewall, wrap);
};
