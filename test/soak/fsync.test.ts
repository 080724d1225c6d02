/** F-03: what a power cut would leave, read from what the server asks its system for. */

import path from "node:path";
import { expect, test } from "vitest";
import { createSqliteStage, writeFor } from "./sqlite-stage.ts";
import { attachTrace, canTrace, judgeHappenings, readHappenings } from "./strace.ts";

const changes = 200;

test.runIf(canTrace()).each([1, 4])(
  "F-03: before each of 200 acknowledgements the log is flushed; %i at a time",
  async (writerCount) => {
    await using stage = await createSqliteStage({ writerCount, seed: writerCount });
    const server = await stage.start();
    await writeFor(stage, 20);
    const trace = await attachTrace(server.child.pid ?? 0, path.join(stage.directory, "trace"));
    const before = stage.journal.count();
    await writeFor(stage, changes);
    const acknowledged = stage.journal.count() - before;
    const happenings = readHappenings(await trace.stop(), Number(new URL(stage.site.adminUrl).port));
    const judged = judgeHappenings(happenings);
    const flushes = happenings.filter(({ kind }) => kind === "log flushed").length;
    console.log(`${acknowledged} changes, ${judged.acknowledgements} acknowledgements seen, ${flushes} flushes`);
    expect(acknowledged).toBeGreaterThanOrEqual(changes);
    expect(flushes).toBeGreaterThanOrEqual(acknowledged);
    expect({ ...judged, empty: writerCount === 1 ? judged.empty : 0 }).toEqual({
      acknowledgements: acknowledged,
      unsafe: 0,
      empty: 0,
    });
    expect(await server.end("SIGTERM")).toBe(0);
  },
);

const line = (call: string): string => `7 ${call}`;
const write = line('pwrite64(21</data/authorization-server.db-wal>, "..."..., 4096, 32) = 4096');
const flush = line("fdatasync(21</data/authorization-server.db-wal>) = 0");
const failedFlush = line("fsync(21</data/authorization-server.db-wal>) = -1 EIO (Input/output error) (INJECTED)");
const checkpoint = line('pwrite64(20</data/authorization-server.db>, "..."..., 4096, 0) = 4096');
const answer = line(
  'writev(27<TCP:[127.0.0.1:4010->127.0.0.1:51234]>, [{iov_base="HTTP/1.1 201 Created\\r\\n"..., iov_len=900}], 1) = 900',
);
const refusal = answer.replace("201 Created", "503 Service");
const elsewhere = answer.replace(":4010", ":4000");
const torn = [
  write,
  "7 fdatasync(21</data/authorization-server.db-wal> <unfinished ...>",
  `8 ${elsewhere.slice(2)}`,
  "7 <... fdatasync resumed>) = 0",
];

test.each([
  ["flushed before", [write, flush, answer], { acknowledgements: 1, unsafe: 0, empty: 0 }],
  ["flushed before, in two lines", [...torn, answer], { acknowledgements: 1, unsafe: 0, empty: 0 }],
  [
    "flushed while it is sent",
    [...torn.slice(0, 2), `8 ${answer.slice(2)}`],
    { acknowledgements: 1, unsafe: 1, empty: 1 },
  ],
  ["not flushed", [write, answer, flush], { acknowledgements: 1, unsafe: 1, empty: 1 }],
  ["not flushed, for the flush failed", [write, failedFlush, answer], { acknowledgements: 1, unsafe: 1, empty: 1 }],
  ["written again after the flush", [write, flush, write, answer], { acknowledgements: 1, unsafe: 1, empty: 0 }],
  ["flushed for another one", [write, flush, answer, answer], { acknowledgements: 2, unsafe: 0, empty: 1 }],
  ["with a checkpoint between", [write, flush, checkpoint, answer], { acknowledgements: 1, unsafe: 0, empty: 0 }],
  ["refused", [write, failedFlush, refusal], { acknowledgements: 0, unsafe: 0, empty: 0 }],
])("what the judge of F-03 says of an answer: %s", (_name, lines, judged) => {
  expect(judgeHappenings(readHappenings(lines, 4010))).toEqual(judged);
});
