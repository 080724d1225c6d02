import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import type { Author, NewProject, Project, ProjectChange, Storage } from "../storage/storage.ts";
import { isObstacle, refuseObstacle } from "./answers.ts";
import { parseName } from "./text-rules.ts";

export async function createProject(
  storage: Pick<Storage, "createProject">,
  input: NewProject,
  author: Author,
): Promise<Project | Refusal> {
  const name = parseName("name", input.name);
  if (isRefusal(name)) return name;
  if (input.id !== undefined && !(Number.isSafeInteger(input.id) && input.id > 0)) {
    return refuse("INVALID_REQUEST", "id must be an integer from 1 to 9007199254740991.");
  }
  if (!isTimeZone(input.timeZone)) return refuseTimeZone();
  const created = await storage.createProject({ ...input, name }, author);
  if (created === "id taken") return refuse("CONFLICT", "There is a project of this id already.");
  if (created === "unknown account") return refuse("NOT_FOUND", "There is no such account.");
  if (created === "unknown cloud") return refuse("NOT_FOUND", "There is no such cloud.");
  return created;
}

export type ProjectChangeInput = ProjectChange & { readonly projectId: number };

export async function changeProject(
  storage: Pick<Storage, "changeProject">,
  { projectId, ...input }: ProjectChangeInput,
  author: Author,
): Promise<Project | Refusal> {
  const name = input.name === undefined ? undefined : parseName("name", input.name);
  if (isRefusal(name)) return name;
  if (input.timeZone !== undefined && !isTimeZone(input.timeZone)) return refuseTimeZone();
  const change = { ...input, ...(name !== undefined && { name }) };
  const changed = await storage.changeProject(projectId, change, author);
  return isObstacle(changed) ? refuseObstacle(changed, "project") : changed;
}

export async function moveProject(
  storage: Pick<Storage, "moveProject">,
  { projectId, cloud }: { readonly projectId: number; readonly cloud: string },
  author: Author,
): Promise<Project | Refusal> {
  const moved = await storage.moveProject(projectId, cloud, author);
  if (moved === "unknown cloud") return refuse("NOT_FOUND", "There is no such cloud.");
  return isObstacle(moved) ? refuseObstacle(moved, "project") : moved;
}

function refuseTimeZone(): Refusal {
  return refuse("INVALID_REQUEST", "timeZone must be a name of the IANA database.");
}

function isTimeZone(name: string): boolean {
  // ECMA-402 also takes offsets such as +01:00, which are no names and know no summer time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
