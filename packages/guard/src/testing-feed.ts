import {
  type Epochs,
  formatRevocations,
  type Mark,
  markCredential,
  markKey,
  markSecret,
  markToken,
  paths,
} from "@biped/protocol";
import { createTestKey, signFeed, type TestKey } from "./testing-key.ts";

/** What a test issuer can take back. */
export type TestRevocation =
  | { readonly token: string }
  | { readonly secretId: string }
  | { readonly clientId: string }
  | { readonly projectId: number }
  | { readonly accountId: number }
  | { readonly keyId: string }
  /** Every token that was issued before this epoch second. */
  | { readonly before: number };

export type TestFeed = {
  /** As the metadata shows it. */
  readonly publicJwk: TestKey["publicJwk"];
  readonly revoke: (revocation: TestRevocation) => void;
  readonly disable: (projectId: number) => void;
  readonly move: (projectId: number, endpoint: string) => void;
  /** What new tokens carry. */
  readonly epochsOf: (holder: TokenHolder) => Epochs;
  /** The signed document for whoever asks with this URL. It never waits, because the clock of a test stands still. */
  readonly answer: (url: string, keyIds: readonly string[]) => Promise<string>;
};

type TokenHolder = { readonly account_id: number; readonly project_id: number; readonly client_id: string };

type Change = {
  readonly account?: readonly [id: number, epoch: number];
  readonly project?: readonly [id: number, epoch: number];
  readonly mark?: Mark;
};

export async function createTestFeed(issuer: string, nowSeconds: () => number): Promise<TestFeed> {
  const key = await createTestKey("Ed25519");
  const epochs = new Map<string, number>();
  const changes: Change[] = [{}];
  const disabled = new Set<number>();
  const moved = new Map<number, string>();
  let notBefore = 0;
  const epochOf = (name: string): number => epochs.get(name) ?? 0;
  const raise = (name: string): number => {
    epochs.set(name, epochOf(name) + 1);
    return epochOf(name);
  };
  const toChange = (what: TestRevocation): Change => {
    if ("accountId" in what) return { account: [what.accountId, raise(`account ${what.accountId}`)] };
    if ("projectId" in what) return { project: [what.projectId, raise(`project ${what.projectId}`)] };
    if ("clientId" in what) return { mark: markCredential(what.clientId, raise(`credential ${what.clientId}`) - 1) };
    if ("secretId" in what) return { mark: markSecret(what.secretId) };
    if ("keyId" in what) return { mark: markKey(what.keyId) };
    if ("token" in what) return { mark: markToken(readTokenId(what.token)) };
    notBefore = Math.max(notBefore, what.before);
    return {};
  };
  const revoke = (what: TestRevocation): void => void changes.push(toChange(what));

  return {
    publicJwk: key.publicJwk,
    revoke,
    disable(projectId) {
      disabled.add(projectId);
      revoke({ projectId });
    },
    move(projectId, endpoint) {
      moved.set(projectId, endpoint);
      revoke({ projectId });
    },
    epochsOf: ({ account_id, project_id, client_id }) => ({
      account: epochOf(`account ${account_id}`),
      project: epochOf(`project ${project_id}`),
      credential: epochOf(`credential ${client_id}`),
    }),
    answer(url, keyIds) {
      const after = readAfter(url, changes.length);
      const lists = listChanges(changes.slice(after));
      const times = { issuedAtSeconds: Math.floor(nowSeconds()), ageSeconds: 0, notBefore };
      const facts = { issuer, ...times, keyIds, moved: [...moved], disabled: [...disabled] };
      return signFeed(key, formatRevocations({ ...facts, ...lists, after, sequence: changes.length }));
    },
  };
}

/** An unknown sequence is answered like none: with the whole. */
function readAfter(url: string, sequence: number): number {
  const after = Number(new URL(url).searchParams.get("after") ?? 0);
  return Number.isSafeInteger(after) && after > 0 && after <= sequence ? after : 0;
}

function listChanges(changes: readonly Change[]) {
  return {
    accounts: changes.flatMap(({ account }) => (account === undefined ? [] : [account])),
    projects: changes.flatMap(({ project }) => (project === undefined ? [] : [project])),
    marks: changes.flatMap(({ mark }) => (mark === undefined ? [] : [mark])),
  };
}

function readTokenId(token: string): string {
  const payload = token.split(".")[1] ?? "";
  const { jti } = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
  return String(jti);
}

export function isFeedUrl(url: string, issuer: string): boolean {
  return url.split("?", 1)[0] === `${issuer}${paths.revocations}`;
}
