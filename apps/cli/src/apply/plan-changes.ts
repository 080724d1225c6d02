import { compare } from "./compare.ts";
import type { Declaration, DeclaredAccount, DeclaredCloud, Mistake } from "./declaration.ts";
import { match, type Pair } from "./match.ts";
import { emptyPart, join, type Part } from "./part.ts";
import type { AccountStep, CloudStep, Plan, Present, Reference, Step } from "./plan.ts";
import { planCredentials } from "./plan-credentials.ts";
import { planProjects } from "./plan-projects.ts";

export type Planned = { readonly plan: Plan } | { readonly mistakes: readonly Mistake[] };

/**
 * What is to be done so that there is what the file declares. The file has no duplicates. Nothing is deleted but the
 * credentials of a file that says `prune`.
 */
export function planChanges(declaration: Declaration, present: Present): Planned {
  const { clouds = [], accounts = [] } = declaration;
  const names = new Set([...clouds, ...present.clouds].map(({ name }) => name));
  const matched = match<DeclaredAccount, Present["accounts"][number]>({
    declared: accounts,
    found: present.accounts,
    place: ["accounts"],
    readId: ({ id }) => id,
  });
  const parts = matched.pairs.map((pair) =>
    planAccount(pair, { present, clouds: names, prune: declaration.prune === true }),
  );
  const { steps, left, mistakes } = join(
    planClouds(declaration.clouds, present.clouds),
    { ...emptyPart, mistakes: matched.mistakes },
    ...parts,
  );
  if (mistakes.length > 0) return { mistakes };
  return { plan: { steps: steps.toSorted(compareSteps), left: left.toSorted() } };
}

function planClouds(declared: readonly DeclaredCloud[] | undefined, present: Present["clouds"]): Part {
  if (declared === undefined) return emptyPart;
  const steps = declared.flatMap((cloud): readonly CloudStep[] => {
    const title = `cloud "${cloud.name}"`;
    const found = present.find(({ name }) => name === cloud.name);
    if (found === undefined) return [{ kind: "create", noun: "cloud", title, declared: cloud }];
    const differences = compare({ member: "endpoint", before: found.endpoint, after: cloud.endpoint });
    if (differences.length === 0) return [];
    return [{ kind: "change", noun: "cloud", title, declared: cloud, version: found.version, differences }];
  });
  const names = new Set(declared.map(({ name }) => name));
  const left = present.filter(({ name }) => !names.has(name)).map(({ name }) => `cloud "${name}"`);
  return { steps, left, mistakes: [] };
}

type Found = Present["accounts"][number];
type Surroundings = Parameters<typeof planProjects>[1];

function planAccount({ declared, found, place }: Pair<DeclaredAccount, Found>, surroundings: Surroundings): Part {
  const title = `account "${declared.name}"`;
  const account: Reference = found === undefined ? { created: title } : { id: found.id };
  const credentials = {
    declared: declared.credentials,
    place: [...place, "credentials"],
    title,
    account,
    project: undefined,
  };
  const { projects: _, credentials: __, ...own } = declared;
  const isUnknown = found === undefined && declared.id !== undefined;
  const rule = "is no account that there is: the service chooses the id of a new one";
  return join(
    {
      steps:
        found === undefined
          ? [{ kind: "create", noun: "account", title, declared: own }]
          : changeAccount(declared, found),
      left: [],
      mistakes: isUnknown ? [{ place: [...place, "id"], rule }] : [],
    },
    planProjects({ declared, place, title, account }, surroundings),
    planCredentials(credentials, surroundings.present, surroundings.prune),
  );
}

function changeAccount(declared: DeclaredAccount, found: Found): readonly AccountStep[] {
  const { credentialLifetimeLimitDays: limit, state } = declared;
  const name = compare({ member: "name", before: found.name, after: declared.name });
  const limits = compare({
    member: "credentialLifetimeLimitDays",
    before: found.credentialLifetimeLimitDays,
    after: limit,
  });
  const states = compare({ member: "state", before: found.state, after: state });
  const differences = [...name, ...limits, ...states];
  if (differences.length === 0) return [];
  const body = {
    ...(name.length > 0 && { name: declared.name }),
    ...(limits.length > 0 && limit !== undefined && { credentialLifetimeLimitDays: limit }),
  };
  return [
    {
      kind: "change",
      noun: "account",
      title: `account "${declared.name}"`,
      id: found.id,
      version: found.version,
      body,
      state: states.length > 0 ? state : undefined,
      differences,
    },
  ];
}

const nouns = ["cloud", "account", "project", "credential"] as const;
/** What is deleted or renamed first makes room and frees a name. */
const kinds = ["delete", "change", "create"] as const;

function compareSteps(one: Step, other: Step): number {
  return (
    nouns.indexOf(one.noun) - nouns.indexOf(other.noun) ||
    kinds.indexOf(one.kind) - kinds.indexOf(other.kind) ||
    Number(isNumbered(other)) - Number(isNumbered(one)) ||
    compareTexts(one.title, other.title)
  );
}

/** A project with an id of its own comes first, so that no other is given it. */
function isNumbered(step: Step): boolean {
  return step.kind === "create" && step.noun === "project" && step.declared.id !== undefined;
}

function compareTexts(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
