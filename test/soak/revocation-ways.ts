/** Things to be taken back, each with a credential of its own, and the requests that take them back. */

import type { Server } from "@biped/authorization-server";
import { isRefusal, type Refusal } from "@biped/protocol";
import { basic, type HeldCredential } from "../started-server.ts";

export const kinds = ["token", "secret", "credential", "project", "account"] as const;
export type Kind = (typeof kinds)[number];

export type Victim = {
  readonly kind: Kind;
  readonly held: HeldCredential;
  readonly secretId: string;
  readonly projectId: number;
  readonly accountId: number;
};

export type Way = {
  readonly kind: Kind;
  readonly request: (victim: Victim, token: string) => RevocationRequest;
  /** Whether the victim gets no further token; else it gets one of a higher epoch, and of a token another one. */
  readonly isEnd: boolean;
};

export type RevocationRequest = {
  readonly listener: "public" | "admin";
  /** A method and a path. */
  readonly target: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
};

const admin = (target: string, body?: object): RevocationRequest => ({
  listener: "admin",
  target,
  ...(body === undefined ? {} : { body }),
});

export const ways: readonly Way[] = [
  {
    kind: "token",
    request: ({ held }, token) => {
      return { listener: "public", target: "POST /v1/oauth/revoke", body: { token }, headers: basic(held) };
    },
    isEnd: false,
  },
  { kind: "token", request: (_, token) => admin("POST /api/tokens/revocation", { token }), isEnd: false },
  {
    kind: "secret",
    request: ({ held, secretId }) => admin(`DELETE /api/credentials/${held.clientId}/secrets/${secretId}`),
    isEnd: true,
  },
  {
    kind: "credential",
    request: ({ held }) => admin(`PATCH /api/credentials/${held.clientId}`, { state: "disabled" }),
    isEnd: true,
  },
  { kind: "credential", request: ({ held }) => admin(`DELETE /api/credentials/${held.clientId}`), isEnd: true },
  {
    kind: "credential",
    request: ({ held }) => admin(`POST /api/credentials/${held.clientId}/revocation`, {}),
    isEnd: false,
  },
  {
    kind: "project",
    request: ({ projectId }) => admin(`PATCH /api/projects/${projectId}`, { state: "disabled" }),
    isEnd: true,
  },
  {
    kind: "project",
    request: ({ projectId }) => admin(`POST /api/projects/${projectId}/revocation`, {}),
    isEnd: false,
  },
  {
    kind: "account",
    request: ({ accountId }) => admin(`PUT /api/accounts/${accountId}/state`, { state: "disabled" }),
    isEnd: true,
  },
  {
    kind: "account",
    request: ({ accountId }) => admin(`POST /api/accounts/${accountId}/revocation`, {}),
    isEnd: false,
  },
];

const firstProjectId = 10_000;

/** Each with a project of its own, and with an account of its own where that is what is to be taken back. */
export async function createVictims(
  { management }: Server,
  { cloud, accountId: common }: { readonly cloud: string; readonly accountId: number },
  wanted: readonly Kind[],
): Promise<readonly Victim[]> {
  const make = management("operator");
  const victims: Victim[] = [];
  for (const [at, kind] of wanted.entries()) {
    const accountId = kind === "account" ? must(await make.createAccount({ name: `Account ${at}` })).id : common;
    const projectId = firstProjectId + at;
    must(await make.createProject({ id: projectId, accountId, cloud, name: `Project ${at}`, timeZone: "UTC" }));
    const input = { name: `Victim ${at}`, accountId, projectId, scopes: ["data-export"] };
    const made = must(await make.createCredential({ ...input, allowedRanges: [], expiresAt: undefined }));
    if (made.clientSecret === undefined) throw new Error("no secret was made");
    const held = { clientId: made.credential.clientId, clientSecret: made.clientSecret };
    victims.push({ kind, held, secretId: made.secretId, projectId, accountId });
  }
  return victims;
}

function must<Value>(value: Value | Refusal): Value {
  if (isRefusal(value)) throw new Error(value.description);
  return value;
}
