/**
 * M-04: what the whole system is to do, in as few words as possible: who gets a token, and which tokens are good. It
 * knows nothing of nodes, stores, caches and feeds.
 */

export type Owner = { isEnabled: boolean; epoch: number };
export type Project = Owner & { readonly account: number; cloud: string };
export type Secret = { expiresAt: number; state: "live" | "retired" | "replaced" };
export type Credential = Owner & {
  readonly account: number;
  /** Undefined at account level. */
  readonly project: number | undefined;
  scopes: readonly string[];
  expiresAt: number;
  isDeleted: boolean;
  /** Oldest first; those that ended too. */
  readonly secrets: Secret[];
};
export type Token = {
  readonly credential: number;
  readonly secret: number;
  readonly project: number;
  readonly cloud: string;
  readonly kid: string;
  readonly issuedAt: number;
  readonly epochs: readonly [account: number, project: number, credential: number];
  isRevoked: boolean;
};

/** Accounts, projects and clouds have numbers and names of their own; credentials, secrets and tokens their place. */
export type Model = {
  /** Epoch seconds. */
  now: number;
  readonly accounts: Map<number, Owner>;
  readonly projects: Map<number, Project>;
  readonly credentials: Credential[];
  readonly tokens: Token[];
  readonly compromised: Set<string>;
  notBefore: number;
};

const lifetimeSeconds = 3600;
const guardToleranceSeconds = 30;
const exclusiveScope = "enrichment";

export function get<Key, Value>(from: ReadonlyMap<Key, Value>, key: Key): Value {
  const value = from.get(key);
  if (value === undefined) throw new Error(`The model has no ${key}.`);
  return value;
}

export function at<Value>(list: readonly Value[], place: number): Value {
  const value = list[place];
  if (value === undefined) throw new Error(`The model has no place ${place}.`);
  return value;
}

export type Request = {
  readonly credential: number;
  readonly secret: number;
  readonly project: number | undefined;
  readonly scopes: readonly string[];
};

/** The code of the refusal, or the project that the token is for. */
export function expectAnswer(model: Model, { credential: place, secret, project, scopes }: Request): string | number {
  const credential = at(model.credentials, place);
  if (!canAuthenticate(model, credential, secret)) return "INVALID_CLIENT";
  if (!scopes.every((scope) => credential.scopes.includes(scope))) return "SCOPE_NOT_GRANTED";
  if (scopes.length > 1 && scopes.includes(exclusiveScope)) return "SCOPE_EXCLUSIVE";
  if (credential.project !== undefined) {
    return project === undefined || project === credential.project ? credential.project : "PROJECT_NOT_ALLOWED";
  }
  if (project === undefined) return "PROJECT_ID_REQUIRED";
  const target = model.projects.get(project);
  return target?.account === credential.account && target.isEnabled ? project : "PROJECT_NOT_ALLOWED";
}

export function canAuthenticate(model: Model, credential: Credential, secretPlace: number): boolean {
  const secret = at(credential.secrets, secretPlace);
  const account = get(model.accounts, credential.account);
  const project = credential.project === undefined ? undefined : get(model.projects, credential.project);
  return (
    secret.state === "live" &&
    model.now < Math.min(secret.expiresAt, credential.expiresAt) &&
    [credential, account, project].every((owner) => owner === undefined || owner.isEnabled)
  );
}

/** The token that such a request gets. */
export function issue(model: Model, request: Request, kid: string): Token {
  const credential = at(model.credentials, request.credential);
  const number = credential.project ?? request.project ?? 0;
  const project = get(model.projects, number);
  const epochs = [get(model.accounts, credential.account).epoch, project.epoch, credential.epoch] as const;
  const { credential: place, secret } = request;
  const origin = { credential: place, secret, project: number, cloud: project.cloud };
  return { ...origin, kid, issuedAt: model.now, epochs, isRevoked: false };
}

/** Taken back, by whatever: one cut-off never hides another (C-06). */
function isVoid(model: Model, token: Token): boolean {
  const { account, epoch, secrets } = at(model.credentials, token.credential);
  const current = [get(model.accounts, account).epoch, get(model.projects, token.project).epoch, epoch];
  return (
    token.isRevoked ||
    token.issuedAt < model.notBefore ||
    model.compromised.has(token.kid) ||
    at(secrets, token.secret).state === "retired" ||
    current.some((value, index) => value > at(token.epochs, index))
  );
}

function isExpired(model: Model, { issuedAt }: Token): boolean {
  return model.now >= issuedAt + lifetimeSeconds;
}

/** Whether nobody may take it any more, however much clocks differ, so that there is nothing to take back. */
export function isOver(model: Model, { issuedAt }: Token): boolean {
  return model.now >= issuedAt + lifetimeSeconds + 120;
}

/** Introspection by the token's own credential, which says more than a guard can know. */
export function isActive(model: Model, token: Token): boolean {
  const credential = at(model.credentials, token.credential);
  const owners = [credential, get(model.accounts, credential.account), get(model.projects, token.project)];
  const isLive = at(credential.secrets, token.secret).state === "live";
  return isLive && !isExpired(model, token) && !isVoid(model, token) && owners.every(({ isEnabled }) => isEnabled);
}

/** All codes with which the guard of that cloud may answer. */
export function expectGuard(model: Model, token: Token, cloud: string): readonly string[] {
  const { cloud: home } = get(model.projects, token.project);
  // Which of two things that are both true is found first depends on what the guard knows by then.
  const isKeyGone = model.compromised.has(token.kid) ? ["JWT_INVALID"] : [];
  if (model.now >= token.issuedAt + lifetimeSeconds + guardToleranceSeconds) return ["JWT_EXPIRED", "JWT_INVALID"];
  if (cloud !== token.cloud) return ["WRONG_CLOUD", ...isKeyGone];
  if (!isVoid(model, token)) return ["accepted"];
  return ["JWT_REVOKED", ...isKeyGone, ...(home === token.cloud ? [] : ["WRONG_CLOUD"])];
}

/** Disabling takes the tokens back; enabling gives none of them back. */
export function setEnabled(owner: Owner, isEnabled: boolean): void {
  if (owner.isEnabled && !isEnabled) owner.epoch += 1;
  owner.isEnabled = isEnabled;
}

export function setScopes(credential: Credential, scopes: readonly string[]): void {
  if (credential.scopes.some((scope) => !scopes.includes(scope))) credential.epoch += 1;
  credential.scopes = scopes;
}

export function setEnd(credential: Credential, expiresAt: number): void {
  if (expiresAt < credential.expiresAt) credential.epoch += 1;
  credential.expiresAt = expiresAt;
}

export function move(project: Project, cloud: string): void {
  if (project.cloud !== cloud) project.epoch += 1;
  project.cloud = cloud;
}

/** False where there are two live secrets already. */
export function rotate(model: Model, credential: Credential, formerExpiresAt: number): boolean {
  const kept = credential.secrets.filter(({ state }) => state === "live");
  const over = kept.find(({ expiresAt }) => expiresAt <= model.now);
  if (kept.length === 2 && over === undefined) return false;
  if (kept.length === 2 && over !== undefined) over.state = "replaced";
  const former = kept.find((secret) => secret.state === "live");
  if (former !== undefined) former.expiresAt = Math.min(former.expiresAt, formerExpiresAt);
  credential.secrets.push({ expiresAt: Number.POSITIVE_INFINITY, state: "live" });
  return true;
}

/** False where it had ended before. */
export function retire(secret: Secret): boolean {
  if (secret.state !== "live") return false;
  secret.state = "retired";
  return true;
}

/** A deleted credential's secrets are gone with it. */
export function remove(credential: Credential): void {
  credential.epoch += 1;
  credential.isEnabled = false;
  credential.isDeleted = true;
  for (const secret of credential.secrets) if (secret.state === "live") secret.state = "replaced";
}

/** The moments at which something ends by itself. */
export function listEnds(model: Model): readonly number[] {
  return [
    ...model.credentials.flatMap(({ expiresAt, secrets }) => [expiresAt, ...secrets.map((secret) => secret.expiresAt)]),
    ...model.tokens.flatMap(({ issuedAt }) => [
      issuedAt + lifetimeSeconds,
      issuedAt + lifetimeSeconds + guardToleranceSeconds,
    ]),
  ];
}
