/** M-01: an independent checker reads every token of a long run of the token endpoint. */

import { expect, test } from "vitest";
import { readGeneratedTokens } from "../generated-credentials.ts";
import { scaleCases, scaleTimeout } from "../property.ts";

const tokens = scaleCases(200_000);

test(`M-01: ${tokens} tokens of the token endpoint, whose credentials change all the while: 0 violations`, {
  timeout: scaleTimeout(600_000),
}, async () => {
  expect(await readGeneratedTokens(tokens)).toEqual([]);
});
