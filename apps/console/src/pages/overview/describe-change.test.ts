import { expect, test } from "vitest";
import { describeChange } from "./describe-change.ts";

const event = {
  sequence: 18,
  at: "2026-11-25T23:23:48Z",
  actor: "administrator:8d8cbbb9-813f-4802-8e81-29c82b0b5002",
  actorName: "ada@example.com",
  action: "credential.created",
  subject: "credential:08491289-e2f1-451a-bd09-e438ee16fc07",
  accountId: 1,
  requestId: null,
  source: null,
  before: null,
  after: { name: "Old warehouse" },
  hash: "",
} as const;

test("who did what to what, by its name, with the way there", () => {
  expect(describeChange(event)).toEqual({
    who: "ada@example.com",
    did: "created the credential",
    what: "“Old warehouse”",
    isNamed: true,
    link: { kind: "credential", clientId: "08491289-e2f1-451a-bd09-e438ee16fc07" },
  });
});

test("without a name in the event, the id stands for it", () => {
  const change = { ...event, action: "project.moved", subject: "project:42", after: { cloud: "azure-us-east" } };
  expect(describeChange(change)).toMatchObject({
    what: "42",
    isNamed: false,
    link: { kind: "project", projectId: 42 },
  });
});

test("a secret leads to its credential", () => {
  const clientId = "fbd9bbbf-4f9d-43f3-9a71-1568b0728f6a";
  const change = { ...event, action: "secret.rotated", subject: "secret:63203965", before: {}, after: { clientId } };
  expect(describeChange(change)).toMatchObject({ what: clientId, link: { kind: "credential", clientId } });
});

test("what was deleted has no link, and its former name", () => {
  const change = { ...event, action: "credential.deleted", before: { name: "Old warehouse" }, after: null };
  expect(describeChange(change)).toMatchObject({ what: "“Old warehouse”", link: undefined });
});

test("whom somebody invited is told by the e-mail address, where the event holds it", () => {
  const invited = { ...event, action: "administrator.invited", subject: "administrator:1", before: null };
  const after = { email: "ines@example.com", name: "ines@example.com" };
  const told = { did: "invited", link: undefined };
  expect(describeChange({ ...invited, after })).toMatchObject({ ...told, what: "ines@example.com" });
  expect(describeChange({ ...invited, after: {} })).toMatchObject({ ...told, what: "an administrator" });
});

test.each([
  ["operator", null, "The operator"],
  ["system", null, "Biped"],
  ["access-token:1", null, "An access token"],
  ["administrator:1", null, "An administrator"],
  ["somebody", null, "somebody"],
])("%s is told as %s: %s", (actor, actorName, expected) => {
  expect(describeChange({ ...event, actor, actorName }).who).toBe(expected);
});

test.each([
  [
    "account.tokens-revoked",
    "account:7",
    "took back all tokens of the account",
    "7",
    { kind: "account", accountId: 7 },
  ],
  [
    "project.tokens-revoked",
    "project:42",
    "took back all tokens of the project",
    "42",
    { kind: "project", projectId: 42 },
  ],
  [
    "credential.tokens-revoked",
    event.subject,
    "took back all tokens of the credential",
    "08491289-e2f1-451a-bd09-e438ee16fc07",
    { kind: "credential", clientId: "08491289-e2f1-451a-bd09-e438ee16fc07" },
  ],
])("%s: of whom all tokens were taken back", (action, subject, did, what, link) => {
  const revoked = { ...event, action, subject, before: { epoch: 3 }, after: { epoch: 4 } };
  expect(describeChange(revoked)).toMatchObject({ did, what, isNamed: false, link });
});

test("tokens.revoked-before: before when every token was issued that was taken back, in UTC", () => {
  const revoked = { ...event, action: "tokens.revoked-before", subject: "tokens", accountId: null };
  const told = { did: "took back every token that was issued before", link: undefined };
  expect(describeChange({ ...revoked, after: { before: 1_795_649_028 } })).toMatchObject({
    ...told,
    what: "2026-11-25T23:23:48Z",
  });
  expect(describeChange({ ...revoked, after: {} })).toMatchObject({ ...told, what: "" });
});

test("what is not known here is told by its own name", () => {
  expect(describeChange({ ...event, action: "survey.made", subject: "survey:1" })).toMatchObject({
    did: "survey.made",
    what: "",
    link: undefined,
  });
});

test.each([
  ["export-job.create", { name: "Nightly", format: "CSV" }, "asked for the export job", "“Nightly”"],
  ["export-job.suspend", { jobId: 7 }, "asked to pause the export job", "no. 7"],
  ["export-run.read", { jobId: 7, runId: 12 }, "asked for links to the files of the run", "no. 12"],
  ["export-preview.read", { name: "Preview" }, "asked for a preview of exported rows of the project", "42"],
  ["export-links.end", {}, "asked to end all links to files of the project", "42"],
])("%s: what a cloud was asked for, with the way to the project", (action, after, did, what) => {
  const asked = { ...event, action, subject: "project:42", after };
  expect(describeChange(asked)).toMatchObject({ did, what, link: { kind: "project", projectId: 42 } });
});
