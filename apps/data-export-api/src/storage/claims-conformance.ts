import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import {
  claim,
  createLease,
  createRunnable,
  everyRun,
  group,
  muchLater,
  once,
  project,
  runOfDay,
  type Suite,
} from "./conformance.ts";
import type { ClaimedRun, FailedOutcome, Storage, SuccessfulOutcome } from "./storage.ts";

const file = {
  fileId: "f".repeat(32),
  partId: 1,
  storedName: "stored",
  byteCount: 3400,
  sha256: "a".repeat(64),
  expiresAt: 2_000_000,
};
const success: SuccessfulOutcome = {
  endedAt: 99_000,
  written: { rowCount: 12, byteCount: 3400, fileCount: 1 },
  files: [file],
};
const emptySuccess: SuccessfulOutcome = { ...success, files: [], written: { rowCount: 0, byteCount: 0, fileCount: 0 } };
const failure: FailedOutcome = { endedAt: 98_000, reason: "No data.", retryAt: undefined };

const findRun = async (storage: Storage, { jobId, runId }: { readonly jobId: number; readonly runId: number }) =>
  (await storage.findRun(project, jobId, runId))?.run;
const findState = async (storage: Storage, { jobId }: { readonly jobId: number }) =>
  (await storage.findJob(project, jobId))?.state;

/** Until the lease of a few milliseconds is over by the store's clock. */
async function claimPatiently(storage: Storage, deadline = performance.now() + 10_000): Promise<ClaimedRun> {
  const claimed = await storage.claimRun(createLease(), muchLater);
  if (claimed !== undefined) return claimed;
  if (performance.now() > deadline) throw new Error("The lease has not ended.");
  await sleep(2);
  return claimPatiently(storage, deadline);
}

export function describeClaims(suite: Suite): void {
  group(suite, "claims", (it) => {
    it("the run that has been due longest is claimed, with its job, and the attempt counted", async ({ storage }) => {
      const late = await createRunnable(storage, { day: 5 });
      const early = await createRunnable(storage, { day: 1 });
      const lease = createLease();
      const claimed = await storage.claimRun(lease, 1_000_000);
      expect(claimed).toMatchObject({ projectId: project, leaseId: lease.leaseId });
      expect(claimed?.job).toStrictEqual(await storage.findJob(project, early.jobId));
      const run = {
        runId: early.runId,
        state: "RUNNING",
        attempts: 1,
        failures: 0,
        startedAt: 1_000_000,
        endedAt: undefined,
      };
      expect(claimed?.run).toMatchObject(run);
      expect(await findRun(storage, early)).toStrictEqual(claimed?.run);
      expect(await storage.claimRun(createLease(), muchLater)).toMatchObject({ run: { runId: late.runId } });
      expect(await storage.claimRun(createLease(), muchLater)).toBeUndefined();
    });

    it("what waits for its release, or is not due yet, is not claimed", async ({ storage }) => {
      await createRunnable(storage, { day: 1 });
      const { dueAt } = runOfDay(1);
      expect(await storage.claimRun(createLease(), dueAt - 1)).toBeUndefined();
      expect(await storage.claimRun(createLease(), dueAt)).toBeDefined();
      expect(await storage.claimRun(createLease(), muchLater)).toBeUndefined();
    });

    it("runs of suspended and deleted jobs are not claimed", async ({ storage }) => {
      const suspended = await createRunnable(storage);
      const deleted = await createRunnable(storage);
      await storage.suspendJob(project, suspended.jobId);
      await storage.deleteJob(project, deleted.jobId, muchLater);
      expect(await storage.claimRun(createLease(), muchLater)).toBeUndefined();
      await storage.resumeJob(project, suspended.jobId, undefined);
      expect(await storage.claimRun(createLease(), muchLater)).toMatchObject({ run: { runId: suspended.runId } });
    });

    it("projects that rest begin nothing, not even what was given up; their runs wait", async ({ storage }) => {
      const abandoned = await createRunnable(storage, { projectId: 1 });
      await storage.claimRun({ leaseId: "gone", leaseMilliseconds: 0 }, muchLater);
      const waiting = await createRunnable(storage, { projectId: 1, day: 3 });
      const other = await createRunnable(storage, { projectId: 2 });
      const resting = new Set([1, 3]);
      expect(await storage.claimRun(createLease(), muchLater, resting)).toMatchObject({ run: { runId: other.runId } });
      expect(await storage.claimRun(createLease(), muchLater, resting)).toBeUndefined();
      expect(await claim(storage)).toMatchObject({ run: { runId: abandoned.runId } });
      expect(await claim(storage)).toMatchObject({ run: { runId: waiting.runId } });
    });

    it("a project with many runs that wait holds up no other one", async ({ storage }) => {
      for (let day = 0; day < 30; day += 1) await createRunnable(storage, { projectId: 1, day });
      for (const projectId of [2, 3]) await createRunnable(storage, { projectId, day: 50 + projectId });
      const claimed = [];
      for (let count = 0; count < 6; count += 1) claimed.push(await claim(storage));
      expect(claimed.map(({ projectId }) => projectId)).toStrictEqual([1, 2, 3, 1, 1, 1]);
      // What is over counts no more.
      const [first] = claimed;
      await createRunnable(storage, { projectId: 2, day: 60 });
      await storage.completeRun(first?.run.runId ?? 0, first?.leaseId ?? "", emptySuccess);
      expect(await claim(storage)).toMatchObject({ projectId: 2 });
    });

    it("one worker alone goes from project to project, too, however many runs one has and since when", async ({
      storage,
    }) => {
      for (const day of [1, 2, 3, 4]) await createRunnable(storage, { day });
      for (const [projectId, day] of [
        [2, 50],
        [2, 51],
        [3, 60],
      ] as const) {
        await createRunnable(storage, { projectId, day });
      }
      const order: (number | undefined)[] = [];
      for (let second = 0; second < 7; second += 1) {
        const claimed = await storage.claimRun(createLease(), muchLater + second);
        order.push(claimed?.projectId);
        await storage.completeRun(claimed?.run.runId ?? 0, claimed?.leaseId ?? "", emptySuccess);
      }
      expect(order).toStrictEqual([project, 2, 3, project, 2, project, project]);
    });

    it("a project whose jobs are all suspended holds up no other one", async ({ storage }) => {
      const { jobId } = await createRunnable(storage, { day: 0 });
      await storage.suspendJob(project, jobId);
      await createRunnable(storage, { projectId: 2, day: 9 });
      expect(await claim(storage)).toMatchObject({ projectId: 2 });
    });

    it("twenty claimers at once get twenty different runs of one job's project", async ({ storage, other }) => {
      for (let day = 0; day < 20; day += 1) await createRunnable(storage, { day });
      await expectTwenty(storage, other);
    });

    it("twenty claimers at once get twenty different runs of one job", async ({ storage, other }) => {
      const { jobId } = await createRunnable(storage);
      for (let day = 1; day < 20; day += 1) {
        const [waiting] = await storage.listRuns(project, { ...everyRun, jobId, state: "CREATED" });
        await storage.releaseRun(waiting?.runId ?? 0, runOfDay(day + 1));
      }
      await expectTwenty(storage, other);
    });

    it("twenty claimers at once get twenty different runs of twenty projects", async ({ storage, other }) => {
      for (let projectId = 1; projectId <= 20; projectId += 1) await createRunnable(storage, { projectId, job: once });
      await expectTwenty(storage, other);
    });

    it("of twenty claimers of one run, one gets it", async ({ storage, other }) => {
      await createRunnable(storage, { job: once });
      const claims = await claimAtOnce(storage, other);
      expect(claims.filter((claimed) => claimed !== undefined)).toHaveLength(1);
    });
  });
  describeLeases(suite);
  describeEndings(suite);
  describeRaces(suite);
}

function claimAtOnce(storage: Storage, other: Storage): Promise<readonly (ClaimedRun | undefined)[]> {
  const claimers = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? storage : other));
  return Promise.all(claimers.map((claimer) => claimer.claimRun(createLease(), muchLater)));
}

async function expectTwenty(storage: Storage, other: Storage): Promise<void> {
  const claims = await claimAtOnce(storage, other);
  expect(new Set(claims.map((claimed) => claimed?.run.runId)).size).toBe(20);
  expect(claims).not.toContain(undefined);
  expect(await storage.claimRun(createLease(), muchLater)).toBeUndefined();
}

function describeLeases(suite: Suite): void {
  group(suite, "leases", (it) => {
    it("a run whose lease is over goes to another worker, and the first one changes nothing any more", async ({
      storage,
      other,
    }) => {
      const ids = await createRunnable(storage);
      const former = createLease(5);
      await claim(storage, former);
      const latter = await claimPatiently(other);
      expect(latter.run).toMatchObject({ runId: ids.runId, attempts: 2, state: "RUNNING" });
      expect(await storage.renewLease(ids.runId, former)).toBe(false);
      expect(await storage.completeRun(ids.runId, former.leaseId, success)).toBe(false);
      expect(await storage.failRun(ids.runId, former.leaseId, failure)).toBe(false);
      expect(await storage.findRun(project, ids.jobId, ids.runId)).toStrictEqual({ run: latter.run, files: [] });
      expect(await storage.findStoredNames([file.storedName])).toStrictEqual(new Set());
      expect(await other.completeRun(ids.runId, latter.leaseId, success)).toBe(true);
    });

    it("a lease that is renewed goes on; one that is given up is over at once", async ({ storage, other }) => {
      const { runId } = await createRunnable(storage);
      const lease = createLease(5);
      await claim(storage, lease);
      expect(await storage.renewLease(runId, { ...lease, leaseMilliseconds: 60_000 })).toBe(true);
      await sleep(20);
      expect(await other.claimRun(createLease(), muchLater)).toBeUndefined();
      expect(await storage.renewLease(runId, { ...lease, leaseMilliseconds: 0 })).toBe(true);
      expect(await claimPatiently(other)).toMatchObject({ run: { runId, attempts: 2 } });
    });

    it("a lease of another run, or of none, ends nothing", async ({ storage }) => {
      const [one, two] = [await createRunnable(storage, { day: 1 }), await createRunnable(storage, { day: 2 })];
      const [first, second] = [await claim(storage), await claim(storage)];
      expect(await storage.completeRun(one.runId, second.leaseId, success)).toBe(false);
      expect(await storage.failRun(two.runId, first.leaseId, failure)).toBe(false);
      expect(await storage.completeRun(Number.MAX_SAFE_INTEGER, first.leaseId, success)).toBe(false);
      expect(await findRun(storage, one)).toStrictEqual(first.run);
      expect(await findRun(storage, two)).toStrictEqual(second.run);
    });

    it("a run whose worker is gone is not taken up while its job is suspended", async ({ storage }) => {
      const { jobId, runId } = await createRunnable(storage);
      await claim(storage, createLease(1));
      await storage.suspendJob(project, jobId);
      await sleep(20);
      expect(await storage.claimRun(createLease(), muchLater)).toBeUndefined();
      await storage.resumeJob(project, jobId, undefined);
      expect(await claimPatiently(storage)).toMatchObject({ run: { runId, attempts: 2 } });
    });
  });
}

function describeEndings(suite: Suite): void {
  group(suite, "ends of runs", (it) => {
    it("a run that succeeds has its files and sums, and its lease is over", async ({ storage }) => {
      const ids = await createRunnable(storage);
      const { leaseId } = await claim(storage);
      expect(await storage.completeRun(ids.runId, leaseId, success)).toBe(true);
      const found = await storage.findRun(project, ids.jobId, ids.runId);
      expect(found?.run).toMatchObject({ state: "SUCCESS", endedAt: 99_000, written: success.written });
      expect(found?.files).toStrictEqual([file]);
      expect(await storage.completeRun(ids.runId, leaseId, success)).toBe(false);
      expect(await storage.failRun(ids.runId, leaseId, failure)).toBe(false);
      expect(await storage.renewLease(ids.runId, { leaseId, leaseMilliseconds: 60_000 })).toBe(false);
      expect(await findState(storage, ids)).toBe("ACTIVE");
    });

    it("a run that fails is tried again at its time, with the reason until it succeeds", async ({ storage }) => {
      const ids = await createRunnable(storage);
      const { leaseId } = await claim(storage);
      expect(await storage.failRun(ids.runId, leaseId, { ...failure, retryAt: 100_000 })).toBe(true);
      const waiting = {
        state: "RUNNABLE",
        dueAt: 100_000,
        attempts: 1,
        failures: 1,
        endedAt: undefined,
        failureReason: "No data.",
      };
      expect(await findRun(storage, ids)).toMatchObject(waiting);
      expect(await storage.renewLease(ids.runId, { leaseId, leaseMilliseconds: 60_000 })).toBe(false);
      expect(await storage.claimRun(createLease(), 99_999)).toBeUndefined();
      const again = await storage.claimRun(createLease(), 100_000);
      expect(again?.run).toMatchObject({ attempts: 2, startedAt: 100_000, failureReason: "No data." });
      expect(await storage.completeRun(ids.runId, again?.leaseId ?? "", success)).toBe(true);
      expect(await findRun(storage, ids)).toMatchObject({ state: "SUCCESS", attempts: 2, failureReason: undefined });
    });

    it("a run that is given back is another one's at once, and has no failure", async ({ storage }) => {
      const ids = await createRunnable(storage);
      const { leaseId, run } = await claim(storage);
      expect(await storage.giveBackRun(ids.runId, leaseId)).toBe(true);
      const back = { state: "RUNNABLE", dueAt: run.dueAt, attempts: 1, failures: 0, failureReason: undefined };
      expect(await findRun(storage, ids)).toMatchObject(back);
      expect(await storage.giveBackRun(ids.runId, leaseId)).toBe(false);
      const again = await claim(storage);
      expect(again.run).toMatchObject({ runId: ids.runId, attempts: 2 });
      expect(await storage.completeRun(ids.runId, leaseId, success)).toBe(false);
    });

    it("a run that fails for good says why, and is not tried again", async ({ storage }) => {
      const ids = await createRunnable(storage);
      const { leaseId } = await claim(storage);
      expect(await storage.failRun(ids.runId, leaseId, failure)).toBe(true);
      const failed = { state: "FAILURE", endedAt: 98_000, failureReason: "No data.", written: undefined };
      expect(await findRun(storage, ids)).toMatchObject(failed);
      expect(await storage.claimRun(createLease(), muchLater)).toBeUndefined();
      expect(await findState(storage, ids)).toBe("ACTIVE");
    });

    for (const ending of ["success", "failure"] as const) {
      it(`a job that runs once is COMPUTING until it is over, then COMPLETED: ${ending}`, async ({ storage }) => {
        const ids = await createRunnable(storage, { job: once });
        const first = await claim(storage);
        expect(first.job).toStrictEqual({ ...once, jobId: ids.jobId, state: "COMPUTING" });
        expect(await findState(storage, ids)).toBe("COMPUTING");
        await storage.failRun(ids.runId, first.leaseId, { ...failure, retryAt: 100_000 });
        expect(await findState(storage, ids)).toBe("COMPUTING");
        const { leaseId } = await claim(storage);
        if (ending === "success") await storage.completeRun(ids.runId, leaseId, success);
        else await storage.failRun(ids.runId, leaseId, failure);
        expect(await findState(storage, ids)).toBe("COMPLETED");
      });
    }

    it("nothing is stored of a run whose job was deleted while it ran", async ({ storage }) => {
      const ids = await createRunnable(storage, { job: once });
      const { leaseId } = await claim(storage);
      await storage.deleteJob(project, ids.jobId, 97_000);
      expect(await storage.completeRun(ids.runId, leaseId, success)).toBe(false);
      expect(await storage.failRun(ids.runId, leaseId, { ...failure, retryAt: 100_000 })).toBe(false);
      const failed = { state: "FAILURE", endedAt: 97_000, failureReason: "The job was deleted." };
      expect(await findRun(storage, ids)).toMatchObject(failed);
      expect(await storage.findStoredNames([file.storedName])).toStrictEqual(new Set());
      expect(await findState(storage, ids)).toBe("DELETED");
    });

    it("a suspended job's run is finished, and the job stays suspended", async ({ storage }) => {
      const ids = await createRunnable(storage);
      const { leaseId } = await claim(storage);
      await storage.suspendJob(project, ids.jobId);
      expect(await storage.renewLease(ids.runId, { leaseId, leaseMilliseconds: 60_000 })).toBe(true);
      expect(await storage.completeRun(ids.runId, leaseId, success)).toBe(true);
      expect(await findState(storage, ids)).toBe("SUSPENDED");
    });
  });
}

const rounds = 25;

function describeRaces(suite: Suite): void {
  group(suite, "races of runs", (it) => {
    for (const job of [undefined, once]) {
      const kind = job === undefined ? "daily" : "once";
      it(`a job that is deleted while its run is claimed has no run that goes on: ${kind}`, async ({
        storage,
        other,
      }) => {
        for (let round = 0; round < rounds; round += 1) {
          const ids = await createRunnable(storage, job === undefined ? {} : { job });
          const deletion = other.deleteJob(project, ids.jobId, muchLater);
          const [claimed] = await Promise.all([storage.claimRun(createLease(), muchLater), deletion]);
          await expectNothingGoesOn(storage, ids.jobId);
          if (claimed !== undefined) expect(await findRun(storage, ids)).toMatchObject({ state: "FAILURE" });
          expect(await findState(storage, ids)).toBe("DELETED");
        }
      });
    }

    it("a job that is deleted while its run ends has no run that goes on", async ({ storage, other }) => {
      for (let round = 0; round < rounds; round += 1) {
        const ids = await createRunnable(storage);
        const { leaseId } = await claim(storage);
        const deletion = other.deleteJob(project, ids.jobId, muchLater);
        const outcome = { ...failure, retryAt: muchLater };
        const ending =
          round % 2 === 0
            ? storage.failRun(ids.runId, leaseId, outcome)
            : storage.completeRun(ids.runId, leaseId, emptySuccess);
        await Promise.all([ending, deletion]);
        await expectNothingGoesOn(storage, ids.jobId);
      }
    });

    it("a job that runs once and is suspended while it is claimed is SUSPENDED or COMPUTING, as was answered", async ({
      storage,
      other,
    }) => {
      for (let round = 0; round < rounds; round += 1) {
        const ids = await createRunnable(storage, { job: once });
        const suspension = other.suspendJob(project, ids.jobId);
        const [claimed, isSuspended] = await Promise.all([storage.claimRun(createLease(), muchLater), suspension]);
        expect(claimed === undefined).toBe(isSuspended);
        expect(await findState(storage, ids)).toBe(isSuspended ? "SUSPENDED" : "COMPUTING");
      }
    });

    it("of a worker that is late and one that takes over, one alone lists its files", async ({ storage, other }) => {
      for (let round = 0; round < rounds; round += 1) {
        const ids = await createRunnable(storage);
        const former = createLease(1);
        await claim(storage, former);
        const createOutcome = (name: string): SuccessfulOutcome => {
          const fileId = `${name}${round}`.padStart(32, "0");
          return { ...success, files: [{ ...file, fileId, storedName: fileId }] };
        };
        const takeOver = async () => {
          const claimed = await other.claimRun(createLease(), muchLater);
          if (claimed === undefined) return false;
          return other.completeRun(claimed.run.runId, claimed.leaseId, createOutcome("b"));
        };
        await sleep(1);
        const late = storage.completeRun(ids.runId, former.leaseId, createOutcome("a"));
        const wins = await Promise.all([late, takeOver()]);
        expect(wins.filter(Boolean)).toHaveLength(1);
        const found = await storage.findRun(project, ids.jobId, ids.runId);
        const { files } = createOutcome(wins[0] ? "a" : "b");
        expect(found).toMatchObject({ run: { state: "SUCCESS" }, files });
      }
    });
  });
}

async function expectNothingGoesOn(storage: Storage, jobId: number): Promise<void> {
  const states = (await storage.listRuns(project, { ...everyRun, jobId })).map(({ state }) => state);
  expect(states.filter((state) => state !== "SUCCESS" && state !== "FAILURE")).toStrictEqual([]);
}
