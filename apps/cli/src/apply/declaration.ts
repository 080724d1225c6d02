/** What the file of `biped apply` declares: the state that there should be. Members that are absent are left as they are. */

export type State = "enabled" | "disabled";

export type DeclaredCloud = { readonly name: string; readonly endpoint: string };

export type DeclaredCredential = {
  readonly clientId?: string | undefined;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly allowedRanges?: readonly string[] | undefined;
  /** null: it never ends. */
  readonly expiresAt?: string | null | undefined;
  readonly state?: State | undefined;
};

export type DeclaredProject = {
  readonly id?: number | undefined;
  readonly name: string;
  readonly cloud: string;
  readonly timeZone?: string | undefined;
  readonly state?: State | undefined;
  /** All that the project should have; undefined where the file says nothing about them. */
  readonly credentials?: readonly DeclaredCredential[] | undefined;
};

export type DeclaredAccount = {
  readonly id?: number | undefined;
  readonly name: string;
  /** null: no limit. */
  readonly credentialLifetimeLimitDays?: number | null | undefined;
  readonly state?: State | undefined;
  readonly projects?: readonly DeclaredProject[] | undefined;
  /** Those of account level. */
  readonly credentials?: readonly DeclaredCredential[] | undefined;
};

export type Declaration = {
  /** Delete the credentials that a list of the file leaves out. */
  readonly prune?: boolean | undefined;
  readonly clouds?: readonly DeclaredCloud[] | undefined;
  readonly accounts?: readonly DeclaredAccount[] | undefined;
};

/** Where in the file, such as ["accounts", 0, "projects", 1, "cloud"]. */
export type Place = readonly (string | number)[];

/** A rule that the file breaks. The rule completes the sentence that the place begins. */
export type Mistake = { readonly place: Place; readonly rule: string };

/** "accounts[0].projects[1].cloud" */
export function formatPlace(place: Place): string {
  return place.map((part, at) => (typeof part === "number" ? `[${part}]` : `${at === 0 ? "" : "."}${part}`)).join("");
}

/** What two entries of one list, or of the whole file, cannot share. */
export function findDuplicates({ clouds = [], accounts = [] }: Declaration): readonly Mistake[] {
  const projects = accounts.flatMap((account, at) =>
    (account.projects ?? []).map((project, index) => ({ project, place: ["accounts", at, "projects", index] })),
  );
  const lists = [
    ...accounts.map(({ credentials = [] }, at) => ({ credentials, place: ["accounts", at] })),
    ...projects.map(({ project, place }) => ({ credentials: project.credentials ?? [], place })),
  ].map(({ credentials, place }) =>
    credentials.map((credential, at) => ({ credential, place: [...place, "credentials", at] })),
  );
  return [
    ...findRepeated(clouds.map(({ name }, at) => ({ value: name, place: ["clouds", at, "name"] }))),
    ...findRepeated(accounts.map(({ name }, at) => ({ value: name, place: ["accounts", at, "name"] }))),
    ...findRepeated(accounts.map(({ id }, at) => ({ value: id, place: ["accounts", at, "id"] }))),
    ...accounts.flatMap(({ projects: own = [] }, at) =>
      findRepeated(own.map(({ name }, index) => ({ value: name, place: ["accounts", at, "projects", index, "name"] }))),
    ),
    ...findRepeated(projects.map(({ project, place }) => ({ value: project.id, place: [...place, "id"] }))),
    ...lists.flatMap((list) =>
      findRepeated(list.map(({ credential, place }) => ({ value: credential.name, place: [...place, "name"] }))),
    ),
    ...findRepeated(
      lists.flat().map(({ credential, place }) => ({ value: credential.clientId, place: [...place, "clientId"] })),
    ),
  ];
}

function findRepeated(
  entries: readonly { readonly value: string | number | undefined; readonly place: Place }[],
): readonly Mistake[] {
  const seen = new Set<string | number>();
  const mistakes: Mistake[] = [];
  for (const { value, place } of entries) {
    if (value === undefined) continue;
    if (seen.has(value)) mistakes.push({ place, rule: "must not be the same as of another one" });
    seen.add(value);
  }
  return mistakes;
}
