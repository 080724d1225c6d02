/** M-04: as `test/model.test.ts`, for many runs, and with one node on each store. */

import { proveModel } from "../model/prove-model.ts";

proveModel({ engine: "sqlite", nodeCount: 1, runs: 1_600, maxCommands: 60 });
proveModel({ engine: "sqlite", nodeCount: 3, runs: 200, maxCommands: 60 });
proveModel({ engine: "postgres", nodeCount: 1, runs: 100, maxCommands: 60 });
proveModel({ engine: "postgres", nodeCount: 3, runs: 100, maxCommands: 60 });
