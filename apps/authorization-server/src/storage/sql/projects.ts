import { integerParameter } from "@biped/database";
import { type Kysely, sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { NewProject, Project, Storage } from "../storage.ts";
import { changeState } from "./accounts.ts";
import { toName, toNumber } from "./identifiers.ts";
import type { SqlParts } from "./write.ts";

type Projects = Pick<Storage, "createProject" | "findProject" | "listProjects" | "setProjectState">;
type Creation = Project | "id taken" | "unknown account" | "unknown cloud";

export function createProjects({ database: { db, hold, lockRows }, write }: SqlParts): Projects {
  const findHeld = hold(selectProjects(db).where("project.id", "=", integerParameter(0)));
  return {
    createProject: (project, author) =>
      write<Creation>(author, async (trx) => {
        const missing = await findMissing(trx, project);
        if (typeof missing === "string") return { answer: missing };
        const id = await insertProject(trx, project);
        if (id === undefined) return { answer: "id taken" };
        const { accountId, cloud, name, timeZone } = project;
        const answer: Project = { ...missing, id, accountId, cloud, name, timeZone, state: "enabled", epoch: 0 };
        const after = { cloud, name, timeZone, state: answer.state, epoch: answer.epoch };
        return { answer, change: { action: "project.created", ...describe(answer), before: undefined, after } };
      }),

    findProject: async (id) => {
      const [row] = await findHeld(toNumber(id));
      return row;
    },

    listProjects: (accountId) =>
      selectProjects(db).where("project.account_id", "=", toNumber(accountId)).orderBy("project.id").execute(),

    setProjectState: (id, state, author) =>
      write<Project | undefined>(author, async (trx) => {
        await trx.selectFrom("project").select("id").where("id", "=", toNumber(id)).$call(lockRows).execute();
        const former = await selectProjects(trx).where("project.id", "=", toNumber(id)).executeTakeFirst();
        if (former === undefined || former.state === state) return { answer: former };
        const change = changeState(former, state);
        await trx.updateTable("project").set(change.after).where("id", "=", id).execute();
        const action = `project.${state}`;
        return { answer: { ...former, ...change.after }, change: { action, ...describe(former), ...change } };
      }),
  };
}

function selectProjects(db: Kysely<Schema>) {
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
    ]);
}

/** The endpoint of the cloud, or what the project refers to in vain. */
async function findMissing(trx: Transaction<Schema>, { accountId, cloud }: NewProject) {
  const account = trx.selectFrom("account").select("id").where("id", "=", toNumber(accountId));
  if ((await account.executeTakeFirst()) === undefined) return "unknown account";
  const found = trx.selectFrom("cloud").select("endpoint").where("name", "=", toName(cloud));
  return (await found.executeTakeFirst()) ?? "unknown cloud";
}

/** Undefined if the chosen id is taken. */
async function insertProject(trx: Transaction<Schema>, project: NewProject): Promise<number | undefined> {
  // Whoever takes the same number first makes the insertion do nothing; the next look finds a higher one.
  for (;;) {
    const row = await trx
      .insertInto("project")
      .values({
        id: project.id ?? sql<number>`(select coalesce(max(id), 0) + 1 from project)`,
        account_id: project.accountId,
        cloud: project.cloud,
        name: project.name,
        time_zone: project.timeZone,
        state: "enabled",
        epoch: 0,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning("id")
      .executeTakeFirst();
    if (row !== undefined || project.id !== undefined) return row?.id;
  }
}

function describe({ id, accountId }: Project) {
  return { subject: `project:${id}`, accountId };
}
