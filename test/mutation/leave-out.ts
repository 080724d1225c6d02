import { beforeEach } from "vitest";

/** They measure time, which mutated code takes more of, or wait for it, or draw until it is certain by chance. */
const leftOut = [
  /in far less than 50 ms$/,
  /is given up after (?:3 s|three seconds)$/,
  /by chi-square$/,
  /is never made twice in 20,000$/,
  /^100,000 ids that differ in little/,
  /every family had its turn$/,
  /serve 10,000 verifications$/,
];

beforeEach(({ task, skip }) => {
  if (leftOut.some((name) => name.test(task.name))) skip();
});
