/** For programs that tests start, by `--import`: writes each answer with a token into a file, a line each. */

import { appendFileSync } from "node:fs";
import { noteTokens } from "./noted-tokens.ts";

const { NOTED_TOKENS_FILE: file } = process.env;
if (file === undefined) throw new Error("NOTED_TOKENS_FILE is missing.");
noteTokens((answer, port) => appendFileSync(file, `${port} ${answer}\n`, { mode: 0o600 }));
