import type { ManagementClient, SecretShown } from "@biped/management-client";
import type { AccountStep, CloudStep, CredentialStep, ProjectStep, Reference, Step } from "./plan.ts";

/** The ids of what this run has created, by title. */
export type Created = Map<string, number>;

/** Does one step, which may be more than one call: what is repeated after a failure does what is left. */
export async function doStep(
  management: ManagementClient,
  step: Step,
  created: Created,
): Promise<SecretShown | undefined> {
  if (step.noun === "cloud") await doCloud(management, step);
  else if (step.noun === "account") await doAccount(management, step, created);
  else if (step.noun === "project") await doProject(management, step, created);
  else return doCredential(management, step, created);
  return undefined;
}

async function doCloud({ call }: ManagementClient, step: CloudStep): Promise<void> {
  const { name, endpoint } = step.declared;
  if (step.kind === "create") await call("POST /api/clouds", { body: { name, endpoint } });
  else {
    await call(
      "PUT /api/clouds/:cloud/endpoint",
      { params: { cloud: name }, body: { endpoint } },
      { ifVersion: step.version },
    );
  }
}

async function doAccount({ call }: ManagementClient, step: AccountStep, created: Created): Promise<void> {
  if (step.kind === "create") {
    const { name, credentialLifetimeLimitDays: limit, state } = step.declared;
    const body = { name, ...(limit !== undefined && { credentialLifetimeLimitDays: limit }) };
    const { id } = await call("POST /api/accounts", { body });
    created.set(step.title, id);
    const target = { params: { accountId: id }, body: { state: "disabled" } } as const;
    if (state === "disabled") await call("PUT /api/accounts/:accountId/state", target);
    return;
  }
  const { id, body, state } = step;
  const params = { accountId: id };
  const changed =
    Object.keys(body).length === 0
      ? step
      : await call("PATCH /api/accounts/:accountId", { params, body }, { ifVersion: step.version });
  if (state === undefined) return;
  await call("PUT /api/accounts/:accountId/state", { params, body: { state } }, { ifVersion: changed.version });
}

async function doProject({ call }: ManagementClient, step: ProjectStep, created: Created): Promise<void> {
  if (step.kind === "create") {
    const { id, name, cloud, timeZone, state } = step.declared;
    const made = await call("POST /api/accounts/:accountId/projects", {
      params: { accountId: findId(step.account, created) },
      body: { name, cloud, ...(id !== undefined && { id }), ...(timeZone !== undefined && { timeZone }) },
    });
    created.set(step.title, made.id);
    const target = { params: { projectId: made.id }, body: { state: "disabled" } } as const;
    if (state === "disabled") await call("PATCH /api/projects/:projectId", target);
    return;
  }
  const { id, body, cloud } = step;
  const params = { projectId: id };
  const changed =
    Object.keys(body).length === 0
      ? step
      : await call("PATCH /api/projects/:projectId", { params, body }, { ifVersion: step.version });
  if (cloud === undefined) return;
  await call("PUT /api/projects/:projectId/cloud", { params, body: { cloud } }, { ifVersion: changed.version });
}

async function doCredential(
  { call }: ManagementClient,
  step: CredentialStep,
  created: Created,
): Promise<SecretShown | undefined> {
  if (step.kind === "create") return createCredential(call, step, created);
  const { clientId, version } = step;
  const params = { clientId };
  if (step.kind === "delete") await call("DELETE /api/credentials/:clientId", { params }, { ifVersion: version });
  else await call("PATCH /api/credentials/:clientId", { params, body: step.body }, { ifVersion: version });
  return undefined;
}

function createCredential(
  call: ManagementClient["call"],
  { account, project, declared }: Extract<CredentialStep, { kind: "create" }>,
  created: Created,
): Promise<SecretShown> {
  const { name, scopes, allowedRanges, expiresAt } = declared;
  return call("POST /api/accounts/:accountId/credentials", {
    params: { accountId: findId(account, created) },
    body: {
      name,
      scopes: [...new Set(scopes)],
      ...(project !== undefined && { projectId: findId(project, created) }),
      ...(allowedRanges !== undefined && { allowedRanges: [...allowedRanges] }),
      ...(expiresAt !== undefined && { expiresAt }),
    },
  });
}

/** @throws the plan is not in its order. */
function findId(reference: Reference, created: Created): number {
  const id = "id" in reference ? reference.id : created.get(reference.created);
  if (id === undefined) throw new Error("A step needs what no step before it has created.");
  return id;
}
