import { isRefusal } from "@biped/protocol";
import { describe, expect, test } from "vitest";
import type { Client, Secret, State } from "../storage/storage.ts";
import { isPast, judgeCredential } from "./judge-credential.ts";

const now = 1_800_000_000;
const digestOf = (secret: string): Buffer => Buffer.alloc(32, secret);
const present = (secret: string) => new Map([["p1", digestOf(secret)]]);

const createSecret = (id: string, secret: string, expiresAt?: number): Secret => ({
  id,
  digest: digestOf(secret).toString("hex"),
  pepperId: "p1",
  createdAt: now - 1000,
  expiresAt,
  lastUsedAt: undefined,
  lastUsedSource: undefined,
});

type Facts = {
  readonly level: "account" | "project";
  readonly account: State;
  readonly project: State;
  readonly credential: State;
  readonly credentialExpiresAt?: number;
  readonly secrets: readonly Secret[];
  readonly allowedRanges?: readonly string[];
};

const good: Facts = {
  level: "project",
  account: "enabled",
  project: "enabled",
  credential: "enabled",
  secrets: [createSecret("s1", "right")],
};

const made = { createdAt: now - 1000, version: 1 };

function createClient(facts: Facts): Client {
  const projectId = facts.level === "project" ? 42 : undefined;
  const project = {
    id: 42,
    accountId: 1,
    cloud: "aws-eu-west-1",
    endpoint: "https://api.eu-west-1.example.com",
    name: "UX ANALYTICS",
    timeZone: "UTC",
    state: facts.project,
    epoch: 3,
    ...made,
  };
  return {
    credential: {
      clientId: "c3133d76-a768-4f5a-8f0e-000000000001",
      accountId: 1,
      projectId,
      name: "Nightly export",
      scopes: ["data-export", "metrics"],
      allowedRanges: facts.allowedRanges ?? [],
      expiresAt: facts.credentialExpiresAt,
      state: facts.credential,
      epoch: 2,
      ...made,
    },
    secrets: facts.secrets,
    account: {
      id: 1,
      name: "Northwind",
      state: facts.account,
      epoch: 1,
      credentialLifetimeLimitDays: undefined,
      ...made,
    },
    project: projectId === undefined ? undefined : project,
  };
}

const judge = (facts: Facts, { secret = "right", source = "192.0.2.7" } = {}) =>
  judgeCredential(createClient(facts), { digests: present(secret), nowSeconds: now, source });

const reasonOf = (outcome: ReturnType<typeof judgeCredential>): string =>
  isRefusal(outcome) ? outcome.reason : `may act with ${outcome.credential.secretId}`;

test("a credential that may act is told what it owns, with the epochs of its issue", () => {
  expect(judge(good)).toEqual({
    client: createClient(good),
    credential: {
      clientId: "c3133d76-a768-4f5a-8f0e-000000000001",
      secretId: "s1",
      accountId: 1,
      projectId: 42,
      scopes: ["data-export", "metrics"],
      accountEpoch: 1,
      credentialEpoch: 2,
      secretExpiresAt: undefined,
    },
  });
});

test.each<[Partial<Facts>, string]>([
  [{ secrets: [createSecret("s1", "right", now + 60)] }, "of the secret"],
  [{ credentialExpiresAt: now + 60 }, "of the credential"],
  [{ secrets: [createSecret("s1", "right", now + 90)], credentialExpiresAt: now + 60 }, "that comes first"],
])("%j: a credential is told the end %s", (facts) => {
  const outcome = judge({ ...good, ...facts });
  const expected = new Date((now + 60) * 1000).toISOString().replace(".000Z", "Z");
  expect(isRefusal(outcome) ? outcome.reason : outcome.credential.secretExpiresAt).toBe(expected);
});

describe("R-04: one refusal for all", () => {
  test("an unknown credential, a wrong secret and a disabled account differ in the reason for the log alone", () => {
    const unknown = judgeCredential(undefined, { digests: present("x"), nowSeconds: now, source: "192.0.2.7" });
    const others = [judge(good, { secret: "wrong" }), judge({ ...good, account: "disabled" })];
    expect([unknown, ...others].map(reasonOf)).toEqual(["unknown credential", "wrong secret", "disabled account"]);
    for (const other of others) expect({ ...other, reason: "" }).toEqual({ ...unknown, reason: "" });
    expect(unknown).toMatchObject({
      status: 401,
      code: "INVALID_CLIENT",
      headers: { "www-authenticate": 'Basic realm="biped"' },
    });
  });
});

const states: readonly State[] = ["enabled", "disabled"];
const ends = { none: undefined, ahead: now + 1, now, past: now - 1 } as const;
type End = keyof typeof ends;
const endNames: readonly End[] = ["none", "ahead", "now", "past"];
const isOver = (end: End): boolean => end === "now" || end === "past";

/** Every combination of level, states, ends and secret: 2 × 2³ × 4² × 2. */
const matrix = (["account", "project"] as const).flatMap((level) =>
  states.flatMap((account) =>
    states.flatMap((project) =>
      states.flatMap((credential) =>
        endNames.flatMap((credentialEnd) =>
          endNames.flatMap((secretEnd) =>
            (["right", "wrong"] as const).map((secret) => ({
              level,
              account,
              project,
              credential,
              credentialEnd,
              secretEnd,
              secret,
            })),
          ),
        ),
      ),
    ),
  ),
);

test("C-01, C-02: disabled or expired at any level, with the right or a wrong secret: all 512 cells", () => {
  expect(matrix).toHaveLength(512);
  const wrong = matrix.filter(({ level, account, project, credential, credentialEnd, secretEnd, secret }) => {
    const outcome = judge(
      {
        level,
        account,
        project,
        credential,
        ...(ends[credentialEnd] === undefined ? {} : { credentialExpiresAt: ends[credentialEnd] }),
        secrets: [createSecret("s1", "right", ends[secretEnd])],
      },
      { secret },
    );
    const mayAct =
      secret === "right" &&
      account === "enabled" &&
      credential === "enabled" &&
      (project === "enabled" || level === "account") &&
      !isOver(credentialEnd) &&
      !isOver(secretEnd);
    const isRight = mayAct
      ? !isRefusal(outcome)
      : isRefusal(outcome) &&
        outcome.code === "INVALID_CLIENT" &&
        (secret === "right") !== (outcome.reason === "wrong secret");
    return !isRight;
  });
  expect(wrong).toEqual([]);
});

describe("two secrets", () => {
  const secrets = [createSecret("s1", "first", now + 100), createSecret("s2", "second")];

  test("both may act, and the token names the one that was presented", () => {
    expect(reasonOf(judge({ ...good, secrets }, { secret: "first" }))).toBe("may act with s1");
    expect(reasonOf(judge({ ...good, secrets }, { secret: "second" }))).toBe("may act with s2");
    expect(reasonOf(judge({ ...good, secrets }, { secret: "third" }))).toBe("wrong secret");
  });

  test("the end of one is not the end of the other", () => {
    const ended = [createSecret("s1", "first", now), createSecret("s2", "second")];
    expect(reasonOf(judge({ ...good, secrets: ended }, { secret: "first" }))).toBe("expired secret");
    expect(reasonOf(judge({ ...good, secrets: ended }, { secret: "second" }))).toBe("may act with s2");
  });

  test("none left: nobody may act, not even with a secret whose digest is all zeros", () => {
    expect(reasonOf(judge({ ...good, secrets: [] }))).toBe("wrong secret");
    const digests = new Map([["p1", Buffer.alloc(32)]]);
    const outcome = judgeCredential(createClient({ ...good, secrets: [] }), { digests, nowSeconds: now, source: "" });
    expect(reasonOf(outcome)).toBe("wrong secret");
  });
});

describe("a project-level credential whose project is gone from the answer", () => {
  test("may not act", () => {
    const client = { ...createClient(good), project: undefined };
    const outcome = judgeCredential(client, { digests: present("right"), nowSeconds: now, source: "192.0.2.7" });
    expect(reasonOf(outcome)).toBe("disabled project");
  });
});

describe("allowed ranges", () => {
  const mayActFrom = (allowedRanges: readonly string[], source: string): boolean =>
    !isRefusal(judge({ ...good, allowedRanges }, { source }));

  test.each([
    [[], "192.0.2.7", true],
    [[], "", true],
    [["192.0.2.0/24"], "192.0.2.7", true],
    [["192.0.2.0/24"], "192.0.3.7", false],
    [["192.0.2.129/25"], "192.0.2.200", true],
    [["192.0.2.129/25"], "192.0.2.100", false],
    [["192.0.2.7/32"], "192.0.2.7", true],
    [["192.0.2.7/32"], "192.0.2.8", false],
    [["198.51.100.0/24", "192.0.2.0/24"], "192.0.2.7", true],
    [["0.0.0.0/0"], "192.0.2.7", true],
    [["0.0.0.0/0"], "2001:db8::1", false],
    [["192.0.2.0/24"], "::ffff:192.0.2.7", true],
    [["192.0.2.0/24"], "::ffff:c000:207", true],
    [["::ffff:192.0.2.0/120"], "192.0.2.7", true],
    [["2001:db8::/32"], "2001:db8:1::7", true],
    [["2001:db8::/32"], "2001:DB8:1::7", true],
    [["2001:db8::/32"], "2001:db9::7", false],
    [["2001:db8::/32"], "192.0.2.7", false],
    [["fe80::/10"], "fe80::1%eth0", true],
    [["2001:db8::/32"], "fe80::1%eth0", false],
    [["192.0.2.0/24"], "", false],
    [["192.0.2.0/24"], "garbage", false],
    [["0.0.0.0/0", "::/0"], "garbage", false],
  ])("%j from %j: %s", (ranges, source, allowed) => {
    expect(mayActFrom(ranges, source)).toBe(allowed);
  });

  test("a range that was stored without its prefix is never everybody", () => {
    expect(() => mayActFrom(["192.0.2.7"], "198.51.100.1")).toThrow(RangeError);
  });

  test("from elsewhere: the one refusal, and the cause in the log", () => {
    const outcome = judge({ ...good, allowedRanges: ["198.51.100.0/24"] });
    expect([isRefusal(outcome) && outcome.code, reasonOf(outcome)]).toEqual([
      "INVALID_CLIENT",
      "source address not allowed",
    ]);
  });
});

test("an end is past from its very second on", () => {
  expect([undefined, now + 1, now, now - 1, 0].map((time) => isPast(time, now))).toEqual([
    false,
    false,
    true,
    true,
    true,
  ]);
});
