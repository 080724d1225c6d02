/** For programs that tests start, by `--import`: writes each answer with a token into a file, a line each. */

import { appendFileSync } from "node:fs";
import { noteTokens } from "./noted-tokens.ts";

const { NOTED_TOKENS_FILE: file } = process.env;

// A process that the program starts is started so, too, but with an environment of its own.
if (file !== undefined) noteTokens((answer, port) => appendFileSync(file, `${port} ${answer}\n`, { mode: 0o600 }));
