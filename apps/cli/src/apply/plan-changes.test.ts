import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import { type Declaration, findDuplicates } from "./declaration.ts";
import type { Plan, Present, Reference, Step } from "./plan.ts";
import { planChanges } from "./plan-changes.ts";

const scopes = ["data-export", "metrics", "session-replay"].map((name) => ({ name }));
const nothing: Present = { clouds: [], accounts: [], projects: [], credentials: [], scopes };

const plan = (declaration: Declaration, present: Present = nothing): Plan => {
  const planned = planChanges(declaration, present);
  if ("mistakes" in planned) throw new Error(JSON.stringify(planned.mistakes));
  return planned.plan;
};
const mistakesOf = (declaration: Declaration, present: Present = nothing) => {
  const planned = planChanges(declaration, present);
  return "mistakes" in planned ? planned.mistakes.map(({ place, rule }) => [place.join("."), rule]) : [];
};
const tell = ({ steps }: Plan): readonly string[] => steps.map(({ kind, title }) => `${kind} ${title}`);

/** What the service would be like after the plan: the calls of `do-step.ts` as a function over values. */
function carryOut(present: Present, { steps }: Plan): Present {
  let state = present;
  const created = new Map<string, number>();
  const find = (reference: Reference): number => {
    const id = "id" in reference ? reference.id : created.get(reference.created);
    if (id === undefined) throw new Error("out of order");
    return id;
  };
  for (const step of steps) state = carryOutStep(state, { step, created, find });
  return state;
}

type Doing = {
  readonly step: Step;
  readonly created: Map<string, number>;
  readonly find: (reference: Reference) => number;
};

function carryOutStep(state: Present, { step, created, find }: Doing): Present {
  const nextId = (items: readonly { readonly id: number }[]): number => Math.max(0, ...items.map(({ id }) => id)) + 1;
  const version = 1;
  if (step.noun === "cloud") {
    const others = state.clouds.filter(({ name }) => name !== step.declared.name);
    return { ...state, clouds: [...others, { ...step.declared, version }] };
  }
  if (step.noun === "account") {
    if (step.kind === "change") {
      const change = { ...step.body, ...(step.state && { state: step.state }) };
      return {
        ...state,
        accounts: state.accounts.map((each) => (each.id === step.id ? { ...each, ...change } : each)),
      };
    }
    const { name, state: declared = "enabled", credentialLifetimeLimitDays = null } = step.declared;
    const account = { id: nextId(state.accounts), name, state: declared, credentialLifetimeLimitDays, version };
    created.set(step.title, account.id);
    return { ...state, accounts: [...state.accounts, account] };
  }
  if (step.noun === "project") {
    if (step.kind === "change") {
      const change = { ...step.body, ...(step.cloud !== undefined && { cloud: step.cloud }) };
      return {
        ...state,
        projects: state.projects.map((each) => (each.id === step.id ? { ...each, ...change } : each)),
      };
    }
    const { name, cloud, timeZone = "UTC", state: declared = "enabled", id = nextId(state.projects) } = step.declared;
    if (state.projects.some((each) => each.id === id)) throw new Error("the id is taken");
    created.set(step.title, id);
    const project = { id, accountId: find(step.account), name, cloud, timeZone, state: declared, version };
    return { ...state, projects: [...state.projects, project] };
  }
  const { credentials } = state;
  if (step.kind === "delete") {
    return { ...state, credentials: credentials.filter(({ clientId }) => clientId !== step.clientId) };
  }
  if (step.kind === "change") {
    const change = (each: (typeof credentials)[number]) =>
      each.clientId === step.clientId ? { ...each, ...step.body } : each;
    return { ...state, credentials: credentials.map(change) };
  }
  const { name, scopes: owned, allowedRanges = [], expiresAt = null, state: declared = "enabled" } = step.declared;
  const credential = {
    clientId: `client-${credentials.length}-${name}`,
    accountId: find(step.account),
    projectId: step.project === undefined ? null : find(step.project),
    name,
    scopes: [...owned],
    allowedRanges: [...allowedRanges],
    expiresAt,
    state: declared,
    version,
  };
  return { ...state, credentials: [...credentials, credential] };
}

// Few names and ids, so that they meet.
const name = fc.constantFrom("Acme", "Nightly", "Web", "CI");
const id = fc.integer({ min: 1, max: 6 });
const state = fc.constantFrom("enabled" as const, "disabled" as const);
const cloudName = fc.constantFrom("aws", "gcp");
const scopeSet = fc.array(fc.constantFrom(...scopes.map((scope) => scope.name)), { minLength: 1, maxLength: 4 });
const ranges = fc.array(fc.constantFrom("10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32"), { maxLength: 3 });
const end = fc.constantFrom(null, "2028-01-01T00:00:00.000Z", "2029-06-30T12:00:00Z");
const credential = fc.record(
  { name, scopes: scopeSet, allowedRanges: ranges, expiresAt: end, state },
  { requiredKeys: ["name", "scopes"] },
);
const project = fc.record(
  {
    id,
    name,
    cloud: cloudName,
    timeZone: fc.constantFrom("UTC", "Europe/Paris"),
    state,
    credentials: fc.uniqueArray(credential, { selector: (each) => each.name, maxLength: 3 }),
  },
  { requiredKeys: ["name", "cloud"] },
);
const account = fc.record(
  {
    name,
    credentialLifetimeLimitDays: fc.constantFrom(null, 30, 365),
    state,
    projects: fc.uniqueArray(project, { selector: (each) => each.name, maxLength: 3 }),
    credentials: fc.uniqueArray(credential, { selector: (each) => each.name, maxLength: 3 }),
  },
  { requiredKeys: ["name"] },
);
const endpoint = fc.constantFrom("https://a.example.com", "https://b.example.com");
const clouds = ["aws", "gcp"].map((cloud) => ({ name: cloud, endpoint: "https://a.example.com", version: 1 }));
const present: Present = { ...nothing, clouds };
const declaration: fc.Arbitrary<Declaration> = fc
  .record(
    {
      prune: fc.boolean(),
      clouds: fc.uniqueArray(fc.record({ name: cloudName, endpoint }), { selector: (each) => each.name }),
      accounts: fc.uniqueArray(account, { selector: (each) => each.name, maxLength: 3 }),
    },
    { requiredKeys: [] },
  )
  .filter((made) => findDuplicates(made).length === 0);

/** Two declarations, of which the second meets what the first has left behind. */
const meeting = fc.tuple(declaration, declaration).filter(([first, second]) => {
  const planned = planChanges(first, present);
  return "plan" in planned && "plan" in planChanges(second, carryOut(present, planned.plan));
});

testProperty(
  "what was applied once needs no change, whatever was there before",
  1500,
  fc.property(meeting, ([first, second]) => {
    const before = carryOut(present, plan(first, present));
    const after = carryOut(before, plan(second, before));
    expect(tell(plan(second, after))).toEqual([]);
  }),
);

testProperty(
  "the order of the file does not matter",
  1500,
  fc.property(meeting, fc.infiniteStream(fc.nat()), ([first, second], chances) => {
    const before = carryOut(present, plan(first, present));
    const shuffle = <Item>(items: readonly Item[]): Item[] =>
      items
        .map((item) => ({ item, rank: chances.next().value ?? 0 }))
        .toSorted((one, other) => one.rank - other.rank)
        .map(({ item }) => item);
    const shuffled: Declaration = {
      ...second,
      ...(second.clouds && { clouds: shuffle(second.clouds) }),
      ...(second.accounts && {
        accounts: shuffle(second.accounts).map((each) => ({
          ...each,
          ...(each.credentials && { credentials: shuffle(each.credentials) }),
          ...(each.projects && { projects: shuffle(each.projects) }),
        })),
      }),
    };
    expect(plan(shuffled, before)).toEqual(plan(second, before));
  }),
);

testProperty(
  "without prune nothing is deleted, and what the file does not name stays as it is",
  1000,
  fc.property(meeting, ([first, second]) => {
    const before = carryOut(present, plan(first, present));
    const planned = plan({ ...second, prune: false }, before);
    const after = carryOut(before, planned);
    expect(planned.steps.filter(({ kind }) => kind === "delete")).toEqual([]);
    const names = new Set(second.accounts?.map((each) => each.name));
    for (const each of before.accounts) if (!names.has(each.name)) expect(after.accounts).toContainEqual(each);
    const ids = new Set(after.credentials.map(({ clientId }) => clientId));
    for (const each of before.credentials) expect(ids).toContain(each.clientId);
  }),
);

describe("steps", () => {
  const base = carryOut(
    present,
    plan(
      {
        accounts: [
          {
            name: "Acme",
            projects: [{ name: "Web", cloud: "aws", credentials: [{ name: "Nightly", scopes: ["metrics"] }] }],
            credentials: [{ name: "Old", scopes: ["metrics"] }],
          },
        ],
      },
      present,
    ),
  );

  test("clouds, accounts, projects, credentials; what has an id of its own comes before what is given one", () => {
    const made = plan({
      clouds: [{ name: "aws", endpoint: "https://a.example.com" }],
      accounts: [
        {
          name: "B",
          projects: [
            { name: "first", cloud: "aws" },
            { name: "second", id: 1, cloud: "aws", credentials: [{ name: "x", scopes: ["metrics"] }] },
          ],
        },
        { name: "A", credentials: [{ name: "y", scopes: ["metrics"] }] },
      ],
    });
    expect(tell(made)).toEqual([
      'create cloud "aws"',
      'create account "A"',
      'create account "B"',
      'create project "second" of account "B"',
      'create project "first" of account "B"',
      'create credential "x" of project "second" of account "B"',
      'create credential "y" of account "A"',
    ]);
  });

  test("a change tells what was and what will be, and sends that alone", () => {
    const made = plan(
      {
        accounts: [
          {
            name: "Acme",
            projects: [
              {
                name: "Web",
                cloud: "gcp",
                credentials: [
                  { name: "Nightly", scopes: ["metrics", "data-export"], expiresAt: "2028-01-01T00:00:00.000Z" },
                ],
              },
            ],
          },
        ],
      },
      base,
    );
    expect(made.steps).toMatchObject([
      {
        kind: "change",
        noun: "project",
        body: {},
        cloud: "gcp",
        differences: [{ member: "cloud", before: "aws", after: "gcp" }],
      },
      {
        kind: "change",
        noun: "credential",
        body: { scopes: ["metrics", "data-export"], expiresAt: "2028-01-01T00:00:00.000Z" },
        differences: [
          { member: "scopes", before: "metrics", after: "data-export metrics" },
          { member: "expiresAt", before: "never", after: "2028-01-01T00:00:00Z" },
        ],
      },
    ]);
  });

  test("the order and repetition of scopes, and parts of a second, are no difference", () => {
    const [found] = base.credentials.filter(({ name: each }) => each === "Old");
    const shown = { ...found!, scopes: ["metrics", "data-export"], expiresAt: "2028-01-01T00:00:00Z" };
    const declared = {
      name: "Old",
      scopes: ["data-export", "metrics", "metrics"],
      expiresAt: "2028-01-01T00:00:00.900Z",
    };
    expect(
      tell(plan({ accounts: [{ name: "Acme", credentials: [declared] }] }, { ...base, credentials: [shown] })),
    ).toEqual([]);
  });

  test("what a list leaves out is told and stays; with prune, its credentials are deleted first", () => {
    const accounts = [{ name: "Acme", credentials: [{ name: "New", scopes: ["metrics"] }], projects: [] }];
    const kept = plan({ accounts }, base);
    expect(tell(kept)).toEqual(['create credential "New" of account "Acme"']);
    expect(kept.left).toEqual(
      ['credential "Old" of account "Acme" (client-1-Old)', 'project "Web" of account "Acme" (1)'].toSorted(),
    );
    const pruned = plan({ accounts, prune: true }, base);
    expect(tell(pruned)).toEqual([
      'delete credential "Old" of account "Acme" (client-1-Old)',
      'create credential "New" of account "Acme"',
    ]);
    expect(pruned.left).toEqual(['project "Web" of account "Acme" (1)']);
  });

  test("an absent list is left alone, even with prune", () => {
    expect(plan({ prune: true, accounts: [{ name: "Acme" }] }, base)).toEqual({ steps: [], left: [] });
  });

  test("ids name what is to be renamed", () => {
    const [old] = base.credentials.filter(({ name: each }) => each === "Old");
    const declared = { clientId: old!.clientId, name: "Renamed", scopes: ["metrics"] };
    const made = plan({ accounts: [{ id: 1, name: "Acme Ltd", credentials: [declared] }] }, base);
    expect(made.steps).toMatchObject([
      { kind: "change", noun: "account", id: 1, body: { name: "Acme Ltd" } },
      { kind: "change", noun: "credential", clientId: old!.clientId, body: { name: "Renamed" } },
    ]);
  });

  test("mistakes that the service alone can tell have their place in the file", () => {
    const twice = { ...base, accounts: [...base.accounts, { ...base.accounts[0]!, id: 2 }] };
    expect(mistakesOf({ accounts: [{ name: "Acme" }] }, twice)).toEqual([
      ["accounts.0.name", "is not clear: there are 2 of this name; give the id of the one that is meant"],
    ]);
    const broken: Declaration = {
      accounts: [
        {
          id: 9,
          name: "X",
          projects: [{ id: 1, name: "P", cloud: "none" }],
          credentials: [{ clientId: "c", name: "N", scopes: ["metrics", "frob"] }],
        },
      ],
    };
    expect(mistakesOf(broken, base)).toEqual([
      ["accounts.0.id", "is no account that there is: the service chooses the id of a new one"],
      ["accounts.0.projects.0.cloud", "names no cloud that there is"],
      ["accounts.0.projects.0.id", "is a project of another account"],
      ["accounts.0.credentials.0.clientId", "is not known here: the service chooses the id of a new credential"],
      [
        "accounts.0.credentials.0.scopes.1",
        'is unknown to the service ("frob"); scopes are configuration of the server (BIPED_SCOPES)',
      ],
    ]);
  });
});
