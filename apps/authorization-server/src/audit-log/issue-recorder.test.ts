import { expect, test } from "vitest";
import type { IssueEvent } from "../storage/storage.ts";
import { createIssueRecorder } from "./issue-recorder.ts";

const event = (tokenId: string): IssueEvent => ({
  ...{ tokenId, at: 1, clientId: "c", secretId: "s", accountId: 1, projectId: 42, scope: "metrics" },
  source: "192.0.2.7",
});

function createParts() {
  const batches: string[][] = [];
  const pending: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  const record = createIssueRecorder({
    recordIssues: (events) =>
      new Promise<void>((resolve, reject) => {
        batches.push(events.map(({ tokenId }) => tokenId));
        pending.push({ resolve, reject });
      }),
  });
  const done: string[] = [];
  const issue = (tokenId: string): Promise<void> =>
    record(event(tokenId)).then(
      () => void done.push(tokenId),
      (error: Error) => void done.push(`${tokenId} ${error.message}`),
    );
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { batches, pending, done, issue, settle };
}

test("each waits for its own batch; those who come during one are the next, however many", async () => {
  const { batches, pending, done, issue, settle } = createParts();
  void issue("1");
  await settle();
  void issue("2");
  void issue("3");
  await settle();
  expect([batches, done]).toEqual([[["1"]], []]);
  pending[0]?.resolve();
  await settle();
  expect([batches, done]).toEqual([[["1"], ["2", "3"]], ["1"]]);
  pending[1]?.resolve();
  await settle();
  expect(done).toEqual(["1", "2", "3"]);
});

test("a batch that fails fails for its own requests alone", async () => {
  const { batches, pending, done, issue, settle } = createParts();
  void issue("1");
  await settle();
  void issue("2");
  pending[0]?.reject(new Error("away"));
  await settle();
  pending[1]?.resolve();
  await settle();
  expect([batches, done]).toEqual([
    [["1"], ["2"]],
    ["1 away", "2"],
  ]);
});
