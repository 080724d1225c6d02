import { compare } from "./compare.ts";
import type { DeclaredAccount, DeclaredProject, Mistake, Place } from "./declaration.ts";
import { match, type Pair } from "./match.ts";
import { emptyPart, join, type Part } from "./part.ts";
import type { Present, ProjectStep, Reference } from "./plan.ts";
import { planCredentials } from "./plan-credentials.ts";

type Found = Present["projects"][number];

export type ProjectParent = {
  readonly declared: DeclaredAccount;
  readonly place: Place;
  readonly title: string;
  readonly account: Reference;
};

type Surroundings = { readonly present: Present; readonly clouds: ReadonlySet<string>; readonly prune: boolean };

/** The projects of one account with their credentials. An account whose list is absent keeps what it has. */
export function planProjects(parent: ProjectParent, { present, clouds, prune }: Surroundings): Part {
  const { declared, account } = parent;
  if (declared.projects === undefined) return emptyPart;
  const { pairs, left, mistakes } = match<DeclaredProject, Found>({
    declared: declared.projects,
    found: present.projects.filter(({ accountId }) => "id" in account && account.id === accountId),
    place: [...parent.place, "projects"],
    readId: ({ id }) => id,
  });
  const name = (project: { readonly name: string }): string => `project "${project.name}" of ${parent.title}`;
  const parts = pairs.map((pair): Part => {
    const title = name(pair.declared);
    const credentials = planCredentials(
      {
        declared: pair.declared.credentials,
        place: [...pair.place, "credentials"],
        title,
        account,
        project: pair.found === undefined ? { created: title } : { id: pair.found.id },
      },
      present,
      prune,
    );
    const own = {
      ...emptyPart,
      steps: planProject(pair, title, account),
      mistakes: findMistakes(pair, present, clouds),
    };
    return join(own, credentials);
  });
  return join({ steps: [], left: left.map((each) => `${name(each)} (${each.id})`), mistakes }, ...parts);
}

function planProject(
  { declared, found }: Pair<DeclaredProject, Found>,
  title: string,
  account: Reference,
): readonly ProjectStep[] {
  const { credentials: _, ...own } = declared;
  if (found === undefined) return [{ kind: "create", noun: "project", title, account, declared: own }];
  const { timeZone, state, cloud } = declared;
  const name = compare({ member: "name", before: found.name, after: declared.name });
  const zone = compare({ member: "timeZone", before: found.timeZone, after: timeZone });
  const states = compare({ member: "state", before: found.state, after: state });
  const move = compare({ member: "cloud", before: found.cloud, after: cloud });
  const differences = [...name, ...move, ...zone, ...states];
  if (differences.length === 0) return [];
  const body = {
    ...(name.length > 0 && { name: declared.name }),
    ...(zone.length > 0 && timeZone !== undefined && { timeZone }),
    ...(states.length > 0 && state !== undefined && { state }),
  };
  const { id, version } = found;
  const moved = move.length > 0 ? cloud : undefined;
  return [{ kind: "change", noun: "project", title, id, version, body, cloud: moved, differences }];
}

function findMistakes(
  { declared, place, found }: Pair<DeclaredProject, Found>,
  present: Present,
  clouds: ReadonlySet<string>,
): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  if (!clouds.has(declared.cloud)) mistakes.push({ place: [...place, "cloud"], rule: "names no cloud that there is" });
  const isForeign = found === undefined && present.projects.some(({ id }) => id === declared.id);
  if (isForeign) mistakes.push({ place: [...place, "id"], rule: "is a project of another account" });
  return mistakes;
}
