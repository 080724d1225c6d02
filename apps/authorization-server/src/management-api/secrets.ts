import { isRefusal } from "@biped/protocol";
import type { UseCounter } from "../credentials/use-counter.ts";
import type { SecretParts } from "../management/credentials.ts";
import { cancelRotation, retireSecret, rotateSecret } from "../management/secrets.ts";
import type { Storage } from "../storage/storage.ts";
import type { Handlers } from "./handlers.ts";
import { createShowCredential, type ShowCredentialParts } from "./show-credential.ts";

type Name =
  | "POST /api/credentials/:clientId/secrets"
  | "DELETE /api/credentials/:clientId/secrets/:secretId"
  | "POST /api/credentials/:clientId/secrets/:secretId/cancellation";

export type SecretHandlerParts = SecretParts &
  ShowCredentialParts & {
    readonly storage: Pick<Storage, "rotateSecret" | "retireSecret" | "cancelRotation">;
    readonly uses: Pick<UseCounter, "flush">;
  };

export function createSecretHandlers(parts: SecretHandlerParts): Handlers<Name> {
  const { storage, uses } = parts;
  const show = createShowCredential(parts);
  return {
    "POST /api/credentials/:clientId/secrets": async ({ params, body, author, caller }) => {
      const rotated = await rotateSecret(parts, { ...params, ...body }, author);
      return isRefusal(rotated) ? rotated : show.withSecret(caller, rotated);
    },
    "DELETE /api/credentials/:clientId/secrets/:secretId": async ({ params, query, author, caller }) => {
      // What this node has counted and not yet written is use, too.
      if (query.unlessUsedWithinSeconds !== undefined) await uses.flush();
      const retired = await retireSecret(storage, { ...params, ...query }, author);
      return isRefusal(retired) ? retired : show.alone(caller, params.clientId);
    },
    "POST /api/credentials/:clientId/secrets/:secretId/cancellation": async ({ params, author, caller }) => {
      const cancelled = await cancelRotation(storage, params, author);
      return isRefusal(cancelled) ? cancelled : show.alone(caller, params.clientId);
    },
  };
}
