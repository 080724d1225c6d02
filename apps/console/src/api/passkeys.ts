import {
  browserSupportsWebAuthn,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from "@simplewebauthn/browser";
import { Cancelled } from "./failure.ts";

type Json = Readonly<Record<string, unknown>>;

/** Browsers know passkeys only on secure pages: https, or localhost. */
export const arePasskeysPossible = browserSupportsWebAuthn;

/** The browser's answer to a challenge. @throws {Cancelled} the person closed the browser's own dialog. */
export async function answerChallenge(challenge: Json): Promise<Record<string, unknown>> {
  if (!isRequest(challenge)) throw new Error("The service's passkey challenge cannot be read.");
  return {
    ...(await startAuthentication({ optionsJSON: challenge }).catch(translateError)),
  };
}

/** A new passkey. @throws {Cancelled} the person closed the browser's own dialog. */
export async function createPasskey(challenge: Json): Promise<Record<string, unknown>> {
  if (!isCreation(challenge)) throw new Error("The service's passkey challenge cannot be read.");
  return {
    ...(await startRegistration({ optionsJSON: challenge }).catch(translateError)),
  };
}

function isRequest(value: Json): value is Json & PublicKeyCredentialRequestOptionsJSON {
  return typeof value.challenge === "string";
}

function isCreation(value: Json): value is Json & PublicKeyCredentialCreationOptionsJSON {
  return typeof value.challenge === "string" && typeof value.user === "object" && Array.isArray(value.pubKeyCredParams);
}

/** NotAllowedError is "closed" and "timed out" alike: browsers do not tell them apart, so that pages learn nothing. */
function translateError(error: unknown): never {
  if (error instanceof Error && error.name === "NotAllowedError") throw new Cancelled();
  throw error;
}
