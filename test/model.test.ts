/** M-04: commands in any order against the reference model, on both stores; `model/commands.ts` says which. */

import { proveModel } from "./model/prove-model.ts";

proveModel({ engine: "sqlite", nodeCount: 1, runs: 50, maxCommands: 60 });
proveModel({ engine: "postgres", nodeCount: 3, runs: 10, maxCommands: 60 });
