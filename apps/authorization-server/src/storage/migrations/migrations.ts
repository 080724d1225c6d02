import type { Migrations } from "@biped/database";
import { initial } from "./0001-initial.ts";

/** In the order in which they run. A step that was released is never changed. */
export const migrations: Migrations = { "0001_initial": initial };
