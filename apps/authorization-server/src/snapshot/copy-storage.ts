import { splitSubject } from "../revocation-feed/read-revocation.ts";
import type { CopyStorage } from "../storage/copies.ts";
import type { Client, Secret, Storage } from "../storage/storage.ts";

export type CopiedStorage = CopyStorage & Pick<Storage, "findAccount" | "findProject" | "findClient">;

/** By id, as JSON. */
type Contents = ReadonlyMap<string, string>;

/** So little that its writing holds no request up. */
const pageLength = 200;

export const accountId = (id: number): string => `account:${id}`;
export const projectId = (id: number): string => `project:${id}`;
export const credentialId = (clientId: string): string => `credential:${clientId}`;

/** All that decides whether a credential gets a token. Whoever takes the pages gives the pace. */
export async function* readStorage(storage: CopyStorage): AsyncGenerator<Contents> {
  yield* readPages(storage.copyAccounts, 0, (account) => [account.id, accountId(account.id), account]);
  yield* readPages(storage.copyProjects, 0, (project) => [project.id, projectId(project.id), project]);
  yield* readPages(storage.copyCredentials, undefined, (copied) => {
    const { clientId } = copied.credential;
    return [clientId, credentialId(clientId), withoutUse(copied)];
  });
}

/** The same of one of them, as it is now; undefined where it is not there any more. */
export async function readObject(storage: CopiedStorage, id: string): Promise<string | undefined> {
  const { noun, id: name } = splitSubject(id);
  if (noun === "account") return format(await storage.findAccount(Number(name)));
  if (noun === "project") return format(await storage.findProject(Number(name)));
  const client = await storage.findClient(name);
  return format(client && withoutUse(client));
}

async function* readPages<Item, Position>(
  readPage: (after: Position, limit: number) => Promise<readonly Item[]>,
  first: Position,
  describe: (item: Item) => readonly [position: Position, id: string, content: object],
): AsyncGenerator<Contents> {
  let after = first;
  for (;;) {
    const items = (await readPage(after, pageLength)).map(describe);
    yield new Map(items.map(([, id, content]) => [id, JSON.stringify(content)]));
    const last = items.at(-1);
    if (last === undefined || items.length < pageLength) return;
    [after] = last;
  }
}

/** When and from where a secret was used last decides nothing. */
function withoutUse({ credential, secrets }: Pick<Client, "credential" | "secrets">) {
  const unused = ({ lastUsedAt: _, lastUsedSource: __, ...secret }: Secret) => secret;
  return { credential, secrets: secrets.map(unused) };
}

function format(content: object | undefined): string | undefined {
  return content && JSON.stringify(content);
}
