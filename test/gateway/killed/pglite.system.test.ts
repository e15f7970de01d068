import { killTest } from "./kill-test.js";

killTest("PGlite");
