import { integerParameter } from "@biped/database";
import { type Kysely, sql, type Transaction } from "kysely";
import { formatNameKey } from "../name-key.ts";
import type { Schema } from "../schema.ts";
import type { Author, CoreStorage, NewProject, Project } from "../storage.ts";
import { addEpoch, weighChange } from "./difference.ts";
import { toName, toNumber } from "./identifiers.ts";
import { isDisabling } from "./takes-away.ts";
import type { LockRows, Outcome, SqlParts } from "./write.ts";

type Projects = Pick<
  CoreStorage,
  "createProject" | "findProject" | "listProjects" | "listDisabledProjects" | "changeProject" | "moveProject"
>;
type Creation = Project | "id taken" | "unknown account" | "unknown cloud";
type Changed = Project | undefined | "version mismatch";

export function createProjects({ database: { db, hold, lockRows }, write }: SqlParts): Projects {
  const findHeld = hold(selectProjects(db).where("project.id", "=", integerParameter(0)));
  return {
    createProject: (project, author) =>
      write<Creation>(author, async (trx) => {
        const missing = await findMissing(trx, project);
        if (typeof missing === "string") return { answer: missing };
        const created = await insertProject(trx, project, author.at);
        if (created === undefined) return { answer: "id taken" };
        const { cloud, name, timeZone, state, epoch } = created;
        const after = { cloud, name, timeZone, state, epoch };
        const change = { action: "project.created", ...describe(created), before: undefined, after };
        return { answer: { ...created, ...missing }, change };
      }),

    findProject: async (id) => (await findHeld(toNumber(id)))[0],

    listProjects: (accountId) =>
      selectProjects(db).where("project.account_id", "=", toNumber(accountId)).orderBy("project.id").execute(),

    listDisabledProjects: async () => {
      const query = db.selectFrom("project").innerJoin("account", "account.id", "project.account_id");
      const disabled = query.where((is) =>
        is.or([is("project.state", "=", "disabled"), is("account.state", "=", "disabled")]),
      );
      return (await disabled.select("project.id").orderBy("project.id").execute()).map(({ id }) => id);
    },

    changeProject: (id, change, author) =>
      write<Changed>(author, async (trx) => {
        const former = await lockProject(trx, id, lockRows);
        const isOtherState = change.state !== undefined && change.state !== former?.state;
        const action = isOtherState ? `project.${change.state}` : "project.changed";
        return changeProject(trx, { former, change, action }, author);
      }),

    moveProject: (id, cloud, author) =>
      write<Changed | "unknown cloud">(author, async (trx) => {
        const former = await lockProject(trx, id, lockRows);
        const found = await findCloud(trx, cloud);
        if (former !== undefined && found === undefined) return { answer: "unknown cloud" };
        const change = { cloud, ...found };
        return changeProject(trx, { former, change, action: "project.moved" }, author);
      }),
  };
}

type ProjectStep = {
  readonly former: Project | undefined;
  readonly change: Partial<Pick<Project, "name" | "timeZone" | "state" | "cloud" | "endpoint">>;
  readonly action: string;
};

async function changeProject(
  trx: Transaction<Schema>,
  { former: found, change, action }: ProjectStep,
  author: Author,
): Promise<Outcome<Changed>> {
  const weighed = weighChange(found, change, author);
  if ("answer" in weighed) return weighed;
  const { former, difference } = weighed;
  const next: Project = { ...former, ...change, version: former.version + 1 };
  const epoch = former.epoch + (isDisabling(former, next) || next.cloud !== former.cloud ? 1 : 0);
  const { name, timeZone, cloud, state, version } = next;
  await trx
    .updateTable("project")
    .set({ name, name_key: formatNameKey(name), time_zone: timeZone, cloud, state, epoch, version })
    .where("id", "=", former.id)
    .execute();
  const described = { ...describe(former), ...addEpoch(difference, former, { epoch }) };
  return { answer: { ...next, epoch }, change: { action, ...described } };
}

export function selectProjects(db: Kysely<Schema>) {
  return db
    .selectFrom("project")
    .innerJoin("cloud", "cloud.name", "project.cloud")
    .select([
      "project.id",
      "project.account_id as accountId",
      "project.cloud",
      "cloud.endpoint",
      "project.name",
      "project.time_zone as timeZone",
      "project.state",
      "project.epoch",
      "project.created_at as createdAt",
      "project.version",
    ]);
}

export async function lockProject(
  trx: Transaction<Schema>,
  id: number,
  lockRows: LockRows,
): Promise<Project | undefined> {
  await trx.selectFrom("project").select("id").where("id", "=", toNumber(id)).$call(lockRows).execute();
  return selectProjects(trx).where("project.id", "=", toNumber(id)).executeTakeFirst();
}

/** The endpoint of the cloud, or what the project refers to in vain. */
async function findMissing(trx: Transaction<Schema>, { accountId, cloud }: NewProject) {
  const account = trx.selectFrom("account").select("id").where("id", "=", toNumber(accountId));
  if ((await account.executeTakeFirst()) === undefined) return "unknown account";
  return (await findCloud(trx, cloud)) ?? "unknown cloud";
}

function findCloud(trx: Transaction<Schema>, cloud: string) {
  return trx.selectFrom("cloud").select("endpoint").where("name", "=", toName(cloud)).executeTakeFirst();
}

/** Undefined if the chosen id is taken. */
async function insertProject(trx: Transaction<Schema>, project: NewProject, at: number) {
  const { accountId, cloud, name, timeZone } = project;
  const row = { cloud, name, state: "enabled", epoch: 0, version: 1 } as const;
  const more = { account_id: accountId, name_key: formatNameKey(name), time_zone: timeZone, created_at: at };
  // Whoever takes the same number first makes the insertion do nothing; the next look finds a higher one.
  for (;;) {
    const id = project.id ?? sql<number>`(select coalesce(max(id), 0) + 1 from project)`;
    const inserted = await trx
      .insertInto("project")
      .values({ ...row, ...more, id })
      .onConflict((conflict) => conflict.doNothing())
      .returning("id")
      .executeTakeFirst();
    if (inserted !== undefined) return { ...row, id: inserted.id, accountId, timeZone, createdAt: at };
    if (project.id !== undefined) return undefined;
  }
}

function describe({ id, accountId }: Pick<Project, "id" | "accountId">) {
  return { subject: `project:${id}`, accountId };
}
