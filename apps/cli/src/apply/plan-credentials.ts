import { compare, formatEnd, formatRanges } from "./compare.ts";
import type { DeclaredCredential, Mistake, Place } from "./declaration.ts";
import { match, type Pair } from "./match.ts";
import { emptyPart, type Part } from "./part.ts";
import type { CredentialStep, Difference, Present, Reference } from "./plan.ts";

type Found = Present["credentials"][number];

/** One account or one project, with the credentials that the file gives it. */
export type CredentialParent = {
  readonly declared: readonly DeclaredCredential[] | undefined;
  readonly place: Place;
  /** Such as `account "Acme"`. */
  readonly title: string;
  readonly account: Reference;
  readonly project: Reference | undefined;
};

/** A parent whose list is absent keeps what it has. */
export function planCredentials(
  { declared, place, title, account, project }: CredentialParent,
  present: Present,
  prune: boolean,
): Part {
  if (declared === undefined) return emptyPart;
  const own = present.credentials.filter((credential) => isChild(credential, { account, project }));
  const { pairs, left, mistakes } = match<DeclaredCredential, Found>({
    declared,
    found: own,
    place,
    readId: ({ clientId }) => clientId,
  });
  const known = new Set(present.scopes.map(({ name }) => name));
  const name = (credential: { readonly name: string }): string => `credential "${credential.name}" of ${title}`;
  const steps = pairs.flatMap((pair): readonly CredentialStep[] => {
    const step = { noun: "credential", title: name(pair.declared) } as const;
    if (pair.found === undefined) return [{ ...step, kind: "create", account, project, declared: pair.declared }];
    return changeCredential(step, pair.declared, pair.found);
  });
  const leftSteps = left.map((credential): CredentialStep => {
    const { clientId, version } = credential;
    return { kind: "delete", noun: "credential", title: `${name(credential)} (${clientId})`, clientId, version };
  });
  return {
    steps: prune ? [...leftSteps, ...steps] : steps,
    left: prune ? [] : leftSteps.map((step) => step.title),
    mistakes: [...mistakes, ...pairs.flatMap((pair) => findMistakes(pair, known))],
  };
}

type Parent = Pick<CredentialParent, "account" | "project">;

function isChild({ accountId, projectId }: Found, { account, project }: Parent): boolean {
  if (!("id" in account) || account.id !== accountId) return false;
  return project === undefined ? projectId === null : "id" in project && project.id === projectId;
}

function changeCredential(
  step: Pick<CredentialStep, "title"> & { readonly noun: "credential" },
  declared: DeclaredCredential,
  found: Found,
): readonly CredentialStep[] {
  const { scopes, allowedRanges, expiresAt, state } = declared;
  const name = compare({ member: "name", before: found.name, after: declared.name });
  const owned = compare({ member: "scopes", before: found.scopes, after: scopes });
  const ranges = compare({
    member: "allowedRanges",
    before: found.allowedRanges,
    after: allowedRanges,
    format: formatRanges,
  });
  const end = compare({ member: "expiresAt", before: found.expiresAt, after: expiresAt, format: formatEnd });
  const states = compare({ member: "state", before: found.state, after: state });
  const differences: readonly Difference[] = [...name, ...owned, ...ranges, ...end, ...states];
  if (differences.length === 0) return [];
  const body = {
    ...(name.length > 0 && { name: declared.name }),
    ...(owned.length > 0 && { scopes: [...new Set(scopes)] }),
    ...(ranges.length > 0 && allowedRanges !== undefined && { allowedRanges: [...new Set(allowedRanges)] }),
    ...(end.length > 0 && expiresAt !== undefined && { expiresAt }),
    ...(states.length > 0 && state !== undefined && { state }),
  };
  const { clientId, version } = found;
  return [{ ...step, kind: "change", clientId, version, body, differences }];
}

function findMistakes({ declared, place, found }: Pair<DeclaredCredential, Found>, known: ReadonlySet<string>) {
  const mistakes: Mistake[] = [];
  if (declared.clientId !== undefined && found === undefined) {
    const rule = "is not known here: the service chooses the id of a new credential";
    mistakes.push({ place: [...place, "clientId"], rule });
  }
  for (const [at, scope] of declared.scopes.entries()) {
    if (known.has(scope)) continue;
    const rule = `is unknown to the service ("${scope}"); scopes are configuration of the server (BIPED_SCOPES)`;
    mistakes.push({ place: [...place, "scopes", at], rule });
  }
  return mistakes;
}
