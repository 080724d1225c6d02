import type { SigningKey as SigningKeyView } from "@biped/management-client";
import { refuse } from "@biped/protocol";
import { formatOptionalTime, formatTime } from "../instant.ts";
import { compromiseSigningKey, rotateSigningKey } from "../signing/change-signing-keys.ts";
import { findNextStepAt, type KeyPolicy } from "../signing/key-life-cycle.ts";
import type { KeyRing, KeyRingParts } from "../signing/key-ring.ts";
import type { SigningKey, Storage } from "../storage/storage.ts";
import type { Handlers } from "./handlers.ts";
import { notFound } from "./not-found.ts";

export type SigningKeyHandlerParts = KeyRingParts & {
  readonly storage: KeyRingParts["storage"] & Pick<Storage, "compromiseSigningKey">;
  readonly keyRing: Pick<KeyRing, "refresh">;
};

type Name = "GET /api/signing-keys" | "POST /api/signing-keys" | "POST /api/signing-keys/:kid/compromise";

export function createSigningKeyHandlers(parts: SigningKeyHandlerParts): Handlers<Name> {
  const { storage, keyRing, policy } = parts;
  const list = async () => {
    const keys = await storage.listSigningKeys();
    return { body: { items: keys.map((key) => formatSigningKey(key, keys, policy)) } };
  };
  return {
    "GET /api/signing-keys": list,
    "POST /api/signing-keys": async ({ author }) => {
      if (!(await rotateSigningKey(parts, author))) {
        return refuse("CONFLICT", "A rotation is under way already: there is a next key.");
      }
      await keyRing.refresh();
      return list();
    },
    "POST /api/signing-keys/:kid/compromise": async ({ params, author }) => {
      if (!(await compromiseSigningKey(parts, params.kid, author))) {
        return notFound;
      }
      // This node stops to sign with it before anybody is told that it is gone; the others do within seconds.
      await keyRing.refresh();
      return { ...(await list()), log: { kid: params.kid } };
    },
  };
}

function formatSigningKey(
  key: SigningKey,
  keys: readonly SigningKey[],
  policy: Pick<KeyPolicy, "lifetimeSeconds">,
): SigningKeyView {
  return {
    kid: key.kid,
    algorithm: key.algorithm,
    state: key.state,
    createdAt: formatTime(key.createdAt),
    stateSince: formatTime(key.stateSince),
    nextStepAt: formatOptionalTime(findNextStepAt(key, keys, policy)),
  };
}
