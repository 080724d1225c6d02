import type { Storage } from "../storage/storage.ts";
import type { ClientDirectory } from "./client-directory.ts";

/**
 * The storage, whose changes this node forgets at once: the first request that begins after a change was acknowledged
 * is decided by it. Other nodes may allow what they remember for as long as the directory says.
 */
export function forgetOnChange(storage: Storage, { forget }: Pick<ClientDirectory, "forget">): Storage {
  return {
    ...storage,
    setAccountState: thenForget(storage.setAccountState, forget.account),
    changeProject: thenForget(storage.changeProject, forget.project),
    moveProject: thenForget(storage.moveProject, forget.project),
    setCloudEndpoint: thenForget(storage.setCloudEndpoint, forget.everything),
    changeCredential: thenForget(storage.changeCredential, forget.client),
    deleteCredential: thenForget(storage.deleteCredential, forget.client),
    rotateSecret: thenForget(storage.rotateSecret, ({ clientId }) => forget.client(clientId)),
    retireSecret: thenForget(storage.retireSecret, ({ clientId }) => forget.client(clientId)),
    cancelRotation: thenForget(storage.cancelRotation, ({ clientId }) => forget.client(clientId)),
    revokeTokensOf: thenForget(storage.revokeTokensOf, (owner) => {
      if (owner.kind === "credential") forget.client(owner.clientId);
      else forget[owner.kind](owner.id);
    }),
  };
}

/** Also where the change failed: nobody knows then whether the store has made it. */
function thenForget<Given extends readonly unknown[], Answer>(
  change: (...given: Given) => Promise<Answer>,
  forget: (...given: Given) => void,
): (...given: Given) => Promise<Answer> {
  return async (...given) => {
    try {
      return await change(...given);
    } finally {
      forget(...given);
    }
  };
}
