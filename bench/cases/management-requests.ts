/** What the management benchmark asks: every list and every search, at its longest page, in all its orders. */

import type { TimedClient } from "../load/timed-requests.ts";
import { firstId } from "../servers/seed-credentials.ts";
import type { ManagedStore } from "../servers/seed-management.ts";

export type ManagementRequest = {
  readonly path: string;
  readonly by: "owner" | "member";
  /** A list that answers nothing quickly proves nothing, unless nothing is what it is asked for. */
  readonly finds: "some" | "nothing";
};

export type ManagementRequests = Readonly<Record<string, ManagementRequest>>;

const owner = (path: string): ManagementRequest => ({ path, by: "owner", finds: "some" });
const member = (path: string): ManagementRequest => ({ path, by: "member", finds: "some" });
const inVain = ({ path, by }: ManagementRequest): ManagementRequest => ({ path, by, finds: "nothing" });

const page = "limit=100";
const middleAccount = firstId + 500;
const middleProject = firstId + 5000;
const nowhere = "search=no+such+name";

export async function listRequests(client: TimedClient, managed: ManagedStore): Promise<ManagementRequests> {
  const begun = { client, token: managed.ownerToken };
  return {
    ...listAccountRequests(await findMiddle(begun, { path: `/api/accounts?${page}&sort=name`, pages: 5 })),
    ...listProjectRequests(await findMiddle(begun, { path: `/api/projects?${page}&sort=name`, pages: 50 })),
    ...listCredentialRequests(await findMiddle(begun, { path: `/api/credentials?${page}`, pages: 500 }), managed),
    ...listAdministratorRequests(await findMiddle(begun, { path: `/api/administrators?${page}`, pages: 5 })),
    ...listAuditRequests(await findMiddle(begun, { path: `/api/audit-events?${page}`, pages: 500 }), managed),
    ...listFurtherRequests(managed),
  };
}

type Begun = { readonly client: TimedClient; readonly token: string };

/** Walks to a page as people do, from one to the next; answers its path. */
async function findMiddle(
  { client, token }: Begun,
  { path, pages }: { readonly path: string; readonly pages: number },
): Promise<string> {
  let reached = path;
  for (let turn = 0; turn < pages; turn += 1) {
    const { nextCursor } = JSON.parse(await client.ask(reached, token));
    reached = `${path}&cursor=${nextCursor}`;
  }
  return reached;
}

function listAccountRequests(middle: string): ManagementRequests {
  const list = `/api/accounts?${page}`;
  return {
    accounts: owner(list),
    accountsMiddle: owner(middle),
    accountsByNameDescending: owner(`${list}&sort=-name`),
    accountsFrequentName: owner(`${list}&search=logistics`),
    accountsRareName: owner(`${list}&search=${middleAccount}`),
    accountsNoName: inVain(owner(`${list}&${nowhere}`)),
    accountsDisabled: owner(`${list}&state=disabled`),
    accountsOfMember: member(`${list}&sort=name`),
  };
}

function listProjectRequests(middle: string): ManagementRequests {
  const list = `/api/projects?${page}`;
  return {
    projects: owner(list),
    projectsMiddle: owner(middle),
    projectsByNameDescending: owner(`${list}&sort=-name`),
    projectsFrequentName: owner(`${list}&search=lake&sort=-name`),
    projectsRareName: owner(`${list}&search=${middleProject}`),
    projectsNoName: inVain(owner(`${list}&${nowhere}&sort=name`)),
    projectsOfAccount: owner(`${list}&accountId=${middleAccount}&sort=name`),
    projectsOfCloud: owner(`${list}&cloud=aws-eu-west-1&sort=-name`),
    projectsDisabled: owner(`${list}&state=disabled&sort=name`),
    projectsOfMember: member(`${list}&sort=name`),
    projectsNoNameOfMember: inVain(member(`${list}&${nowhere}`)),
  };
}

function listCredentialRequests(middle: string, { clientId }: ManagedStore): ManagementRequests {
  const list = `/api/credentials?${page}`;
  return {
    credentials: owner(list),
    credentialsMiddle: owner(middle),
    credentialsByNameDescending: owner(`${list}&sort=-name`),
    credentialsByAge: owner(`${list}&sort=createdAt`),
    credentialsByAgeDescending: owner(`${list}&sort=-createdAt`),
    credentialsFrequentName: owner(`${list}&search=report`),
    credentialsFrequentNameByAge: owner(`${list}&search=report&sort=-createdAt`),
    credentialsRareName: owner(`${list}&search=77777`),
    credentialsRareNameByAge: owner(`${list}&search=77777&sort=-createdAt`),
    credentialsNoName: inVain(owner(`${list}&${nowhere}`)),
    credentialsById: owner(`${list}&search=${clientId}`),
    credentialsOfAccount: owner(`${list}&accountId=${middleAccount}`),
    credentialsOfProject: owner(`${list}&projectId=${middleProject}&sort=-createdAt`),
    credentialsOfAccountLevel: inVain(owner(`${list}&level=account`)),
    credentialsOfProjectLevel: owner(`${list}&level=project&sort=-name`),
    credentialsDisabled: owner(`${list}&state=disabled`),
    credentialsDisabledByAge: owner(`${list}&state=disabled&sort=-createdAt`),
    credentialsDisabledNoName: inVain(owner(`${list}&state=disabled&${nowhere}`)),
    credentialsOfMember: member(list),
    credentialsNoNameOfMember: inVain(member(`${list}&${nowhere}&sort=createdAt`)),
  };
}

function listAdministratorRequests(middle: string): ManagementRequests {
  const list = `/api/administrators?${page}`;
  return {
    administrators: owner(list),
    administratorsMiddle: owner(middle),
    administratorsFrequentName: owner(`${list}&search=customer-7`),
    administratorsNoName: inVain(owner(`${list}&${nowhere}`)),
    administratorsOfAccount: owner(`${list}&accountId=${middleAccount}`),
    administratorsOfMember: member(list),
  };
}

function listAuditRequests(middle: string, { clientId, ownerId }: ManagedStore): ManagementRequests {
  const list = `/api/audit-events?${page}`;
  const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
  return {
    auditEvents: owner(list),
    auditEventsMiddle: owner(middle),
    auditEventsOfAccount: owner(`${list}&accountId=${middleAccount}`),
    auditEventsOfActor: owner(`${list}&actor=administrator:${ownerId}`),
    auditEventsOfNoun: owner(`${list}&action=project`),
    auditEventsOfRareNoun: owner(`${list}&action=cloud`),
    auditEventsOfNoNoun: inVain(owner(`${list}&action=unheard`)),
    auditEventsOfAction: owner(`${list}&action=secret.created`),
    auditEventsOfRareAction: owner(`${list}&action=cloud.created`),
    auditEventsOfSubject: owner(`${list}&subject=credential:${clientId}`),
    auditEventsOfOneDay: owner(`${list}&from=${daysAgo(301)}&to=${daysAgo(300)}`),
    auditEventsUntilLongAgo: owner(`${list}&to=${daysAgo(360)}`),
    auditEventsOfAccountAndNoun: owner(`${list}&accountId=${middleAccount}&action=secret&from=${daysAgo(200)}`),
    auditEventsOfMember: member(list),
    auditEventsOfMemberNoNoun: inVain(member(`${list}&action=unheard`)),
  };
}

function listFurtherRequests({ clientId }: ManagedStore): ManagementRequests {
  return {
    clouds: owner("/api/clouds"),
    signingKeys: owner("/api/signing-keys"),
    searchFrequent: owner("/api/search?q=re"),
    searchRare: owner("/api/search?q=77777"),
    searchNothing: inVain(owner("/api/search?q=no+such+name")),
    searchId: owner(`/api/search?q=${clientId}`),
    searchOfMember: inVain(member("/api/search?q=no+such+name")),
    overview: owner("/api/overview"),
    overviewOfAccount: owner(`/api/overview?accountId=${middleAccount}`),
    overviewOfMember: member("/api/overview"),
    credentialUsage: owner(`/api/credentials/${clientId}/usage?days=90`),
    credentialRefusals: inVain(owner(`/api/credentials/${clientId}/refusals`)),
  };
}
