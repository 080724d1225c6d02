import type { LogFields } from "@biped/listener";
import type { Credential, SecretShown } from "@biped/management-client";
import type { Refusal } from "@biped/protocol";
import { type Caller, findReach } from "../administrators/caller.ts";
import type { CredentialWithSecretText } from "../management/credentials.ts";
import type { Storage } from "../storage/storage.ts";
import { formatCredential } from "./format-credential.ts";
import { notFound } from "./not-found.ts";

export type ShowCredentialParts = {
  readonly storage: Pick<Storage, "viewCredential">;
  readonly nowSeconds: () => number;
};

type Shown<Body> = Promise<{ readonly body: Body; readonly log: LogFields } | Refusal>;

export type ShowCredential = {
  readonly alone: (caller: Caller, clientId: string) => Shown<Credential>;
  /** the one place where a secret goes out. */
  readonly withSecret: (caller: Caller, created: CredentialWithSecretText) => Shown<SecretShown>;
};

/** A credential as it is now, after a change too: what stands beside it changed with it. */
export function createShowCredential({ storage, nowSeconds }: ShowCredentialParts): ShowCredential {
  const view = async (caller: Caller, clientId: string): Promise<Credential | undefined> => {
    const found = await storage.viewCredential(findReach(caller), clientId);
    return found === undefined ? undefined : formatCredential(found, nowSeconds());
  };
  return {
    alone: async (caller, clientId) => {
      const body = await view(caller, clientId);
      return body === undefined ? notFound : { body, log: { clientId } };
    },
    withSecret: async (caller, { credential: { clientId }, secretId, clientSecret }) => {
      const credential = await view(caller, clientId);
      if (credential === undefined) return notFound;
      return { body: { credential, secretId, clientSecret: clientSecret ?? null }, log: { clientId, secretId } };
    },
  };
}
