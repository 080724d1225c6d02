import { type Kysely, sql } from "kysely";
import type { Administrator } from "../../administration.ts";
import { formatNameKey } from "../../name-key.ts";
import type { Schema } from "../../schema.ts";
import type { Reach, ViewStorage } from "../../views.ts";
import { selectAdministrators, toAdministrators } from "../administration/administrator-rows.ts";
import type { SqlParts } from "../write.ts";
import { all, equals, isWithin } from "./conditions.ts";
import { splitPage } from "./paging.ts";

type AdministratorViews = Pick<ViewStorage, "pageAdministrators">;
type Person = { readonly id: string; readonly email_key: string; readonly name: string };

export function createAdministratorViews({ database: { db } }: SqlParts): AdministratorViews {
  return {
    // Administrators are few: they are searched, sorted and cut here, which is the same on both engines.
    pageAdministrators: async (reach, { search, accountId }, page) => {
      const people = await readPeople(db, reach, accountId);
      const found = people.filter((person) => search === undefined || isFound(person, formatNameKey(search.trim())));
      const { after, sort } = page;
      const direction = sort.descending ? -1 : 1;
      const sorted = found.toSorted((left, right) => direction * compare(left, right));
      const place = after && { email_key: String(after.value), id: String(after.id) };
      const rest = sorted.filter((person) => place === undefined || direction * compare(person, place) > 0);
      const cut = splitPage(rest, page, ({ email_key, id }) => ({ value: email_key, id }));
      return { items: await readMembers(db, reach, cut.rows), next: cut.next };
    },
  };
}

/** Who has a membership within the reach, and in the account that was asked for; platform owners see everybody. */
function readPeople(db: Kysely<Schema>, reach: Reach, accountId: number | undefined): Promise<readonly Person[]> {
  const query = db.selectFrom("administrator").select(["id", "email_key", "name"]);
  if (reach === "every account" && accountId === undefined) return query.execute();
  const isMember = all(isWithin(reach, "account_id"), equals("account_id", accountId));
  const members = db.selectFrom("membership").select("administrator_id").where(isMember);
  return query.where("id", "in", members).execute();
}

function isFound({ id, email_key, name }: Person, key: string): boolean {
  return email_key.includes(key) || formatNameKey(name).includes(key) || id === key;
}

function compare(left: Pick<Person, "email_key" | "id">, right: Pick<Person, "email_key" | "id">): number {
  if (left.email_key !== right.email_key) return left.email_key < right.email_key ? -1 : 1;
  if (left.id === right.id) return 0;
  return left.id < right.id ? -1 : 1;
}

/** In the order of `people`, with the memberships that the caller may see. */
async function readMembers(
  db: Kysely<Schema>,
  reach: Reach,
  people: readonly Person[],
): Promise<readonly Administrator[]> {
  const ids = people.map(({ id }) => id);
  if (ids.length === 0) return [];
  const query = selectAdministrators(db).where("administrator.id", "in", ids);
  const rows = await query.orderBy(sql.ref("membership.account_id")).execute();
  const administrators = new Map(toAdministrators(rows).map((administrator) => [administrator.id, administrator]));
  return ids.flatMap((id) => {
    const administrator = administrators.get(id);
    if (administrator === undefined) return [];
    const isSeen = (seenId: number): boolean => reach === "every account" || reach.accountIds.includes(seenId);
    const memberships = administrator.memberships.filter((membership) => isSeen(membership.accountId));
    return [{ ...administrator, memberships }];
  });
}
