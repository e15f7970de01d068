/** `sallyport mirror …`. */
import type { Register } from "../../context.js";
import { registerCheck } from "./check.js";
import { registerEnv } from "./env.js";
import { registerExec } from "./exec.js";
import { registerLogin } from "./login.js";
import { registerPrivate } from "./private.js";
import { registerRefresh } from "./refresh.js";
import { registerServe } from "./serve.js";
import { registerStatus } from "./status.js";

export const mirrorCommand: Register = (program, wrap) => {
  const mirror = program
    .command("mirror")
    .description("use and serve packages for pip, npm and others without the Internet");
  registerLogin(mirror, wrap);
  registerStatus(mirror, wrap);
  registerRefresh(mirror, wrap);
  registerEnv(mirror, wrap);
  registerExec(mirror, wrap);
  registerCheck(mirror, wrap);
  registerPrivate(mirror, wrap);
  registerServe(mirror, wrap);
};
