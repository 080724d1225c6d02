import { z } from "zod";
import type { Administrator, Passkey, PasskeyChallenge } from "../storage/administration.ts";
import type { Storage } from "../storage/storage.ts";

/** Loaded when somebody uses a passkey: it takes 23 MB, which a server that only issues tokens has no use for. */
const loadWebAuthn = () => import("@simplewebauthn/server");

const challengeSeconds = 5 * 60;
/** COSE numbers of EdDSA, ES256 and RS256. */
const algorithms = [-8, -7, -257];

/** What a browser is given, and what it gives back, as JSON. */
export type WebAuthnJson = Readonly<Record<string, unknown>>;

export type PasskeyParts = {
  readonly storage: Pick<
    Storage,
    "listPasskeys" | "findPasskey" | "recordPasskeyUse" | "addPasskeyChallenge" | "takePasskeyChallenge"
  >;
  readonly nowSeconds: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly consoleUrl: string;
};

/**
 * WebAuthn ceremonies. The authenticator always verifies its user, so that a passkey is both factors. A challenge is
 * used once, within five minutes, for the purpose and the administrator that it was made for.
 */
export type Passkeys = {
  readonly challengeToEnrol: (administrator: Administrator) => Promise<WebAuthnJson>;
  /** A new passkey that is not stored yet; undefined where the answer proves nothing. */
  readonly readEnrolment: (
    administrator: Administrator,
    enrolment: { readonly name: string; readonly answer: WebAuthnJson },
  ) => Promise<Passkey | undefined>;
  /** @param administrator Undefined before anybody is known: any passkey then, and no hint of whose there are. */
  readonly challengeToSignIn: (administrator: Administrator | undefined) => Promise<WebAuthnJson>;
  /** The passkey that signed, which is then noted as used. @param administratorId As for the challenge. */
  readonly verify: (answer: WebAuthnJson, administratorId: string | undefined) => Promise<Passkey | undefined>;
};

export function createPasskeys(parts: PasskeyParts): Passkeys {
  const party = readParty(parts.consoleUrl);
  return { ...createEnrolment(parts, party), ...createSignIn(parts, party) };
}

function createEnrolment(parts: PasskeyParts, party: Party): Pick<Passkeys, "challengeToEnrol" | "readEnrolment"> {
  return {
    challengeToEnrol: async ({ id, email, name }) => {
      const known = await parts.storage.listPasskeys(id);
      const { generateRegistrationOptions } = await loadWebAuthn();
      const options = await generateRegistrationOptions({
        rpName: "Biped",
        rpID: party.id,
        userID: new Uint8Array(Buffer.from(id)),
        userName: email,
        userDisplayName: name,
        challenge: await addChallenge(parts, "enrol", id),
        timeout: challengeSeconds * 1000,
        excludeCredentials: known.map(formatDescriptor),
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        supportedAlgorithmIDs: algorithms,
      });
      return { ...options };
    },
    readEnrolment: async ({ id }, { name, answer }) => {
      const parsed = await takeAnswer(enrolmentAnswer, answer, { parts, purpose: "enrol", administratorId: id });
      const made = parsed === undefined ? undefined : await verifyEnrolment(parsed, party);
      if (made === undefined) return undefined;
      return { ...made, administratorId: id, name, createdAt: parts.nowSeconds(), lastUsedAt: undefined };
    },
  };
}

function createSignIn(parts: PasskeyParts, party: Party): Pick<Passkeys, "challengeToSignIn" | "verify"> {
  const { storage, nowSeconds } = parts;
  return {
    challengeToSignIn: async (administrator) => {
      const known = administrator === undefined ? [] : await storage.listPasskeys(administrator.id);
      const { generateAuthenticationOptions } = await loadWebAuthn();
      const options = await generateAuthenticationOptions({
        rpID: party.id,
        challenge: await addChallenge(parts, "sign-in", administrator?.id),
        timeout: challengeSeconds * 1000,
        userVerification: "required",
        allowCredentials: known.map(formatDescriptor),
      });
      return { ...options };
    },
    verify: async (answer, administratorId) => {
      const parsed = await takeAnswer(signInAnswer, answer, { parts, purpose: "sign-in", administratorId });
      const passkey = parsed === undefined ? undefined : await storage.findPasskey(parsed.id);
      if (parsed === undefined || passkey === undefined) return undefined;
      if (administratorId !== undefined && passkey.administratorId !== administratorId) return undefined;
      const counter = await verifySignIn(parsed, passkey, party);
      if (counter === undefined) return undefined;
      await storage.recordPasskeyUse(passkey.id, { counter, at: nowSeconds() });
      return passkey;
    },
  };
}

async function addChallenge(
  { storage, nowSeconds, randomBytes }: PasskeyParts,
  purpose: PasskeyChallenge["purpose"],
  administratorId: string | undefined,
) {
  const bytes = new Uint8Array(randomBytes(32));
  const challenge = Buffer.from(bytes).toString("base64url");
  const expiresAt = nowSeconds() + challengeSeconds;
  await storage.addPasskeyChallenge({ challenge, purpose, administratorId, expiresAt });
  return bytes;
}

/** The relying party of WebAuthn: the console's host, and the one origin whose pages may use its passkeys. */
type Party = { readonly id: string; readonly origin: string };

function readParty(consoleUrl: string): Party {
  const { hostname, origin } = new URL(consoleUrl);
  return { id: hostname, origin };
}

function formatDescriptor({ id, transports }: Passkey) {
  return { id, transports: [...transports] };
}

const text = z.string().max(20_000);
const answerMembers = { id: text, rawId: text, type: z.literal("public-key") };
const enrolmentAnswer = z.object({
  ...answerMembers,
  response: z.object({
    clientDataJSON: text,
    attestationObject: text,
    transports: z.array(z.string().max(40)).max(10).default([]),
  }),
});
const signInAnswer = z.object({
  ...answerMembers,
  response: z.object({
    clientDataJSON: text,
    authenticatorData: text,
    signature: text,
    userHandle: text.nullish(),
  }),
});

type Answer = { readonly response: { readonly clientDataJSON: string } };
type Taken<Parsed> = Parsed & { readonly challenge: string };
type Ceremony = {
  readonly parts: PasskeyParts;
  readonly purpose: PasskeyChallenge["purpose"];
  readonly administratorId: string | undefined;
};

/** The answer with its challenge, which is used up whatever the rest of the answer is worth. */
async function takeAnswer<Parsed extends Answer>(
  schema: z.ZodType<Parsed>,
  answer: WebAuthnJson,
  { parts, purpose, administratorId }: Ceremony,
): Promise<Taken<Parsed> | undefined> {
  const parsed = schema.safeParse(answer);
  const challenge = parsed.success ? readChallenge(parsed.data.response.clientDataJSON) : undefined;
  if (!parsed.success || challenge === undefined) return undefined;
  const taken = await parts.storage.takePasskeyChallenge(challenge, purpose, parts.nowSeconds());
  return taken?.challenge === challenge && taken.administratorId === administratorId
    ? { ...parsed.data, challenge }
    : undefined;
}

/** The console is never framed, so that an answer from within another site's page is none of ours. */
const clientData = z.object({ challenge: z.string().regex(/^[\w-]{43}$/), crossOrigin: z.literal(false).optional() });

function readChallenge(encoded: string): string | undefined {
  try {
    const data: unknown = JSON.parse(Buffer.from(encoded, "base64url").toString());
    return clientData.safeParse(data).data?.challenge;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function verifyEnrolment(
  { challenge, response, ...answer }: Taken<z.output<typeof enrolmentAnswer>>,
  party: Party,
) {
  const { verifyRegistrationResponse } = await loadWebAuthn();
  const verified = await verifyOrNothing(() =>
    verifyRegistrationResponse({
      response: { ...answer, response, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    }),
  );
  if (verified?.verified !== true) return undefined;
  const { id, publicKey, counter } = verified.registrationInfo.credential;
  return {
    id,
    publicKey: Buffer.from(publicKey).toString("base64url"),
    counter,
    transports: response.transports.filter((name) => /^[a-z-]+$/.test(name)),
  };
}

/** The authenticator's new counter; undefined where the signature, or anything that it covers, is not what it must be. */
async function verifySignIn(
  { challenge, response, ...answer }: Taken<z.output<typeof signInAnswer>>,
  passkey: Passkey,
  party: Party,
): Promise<number | undefined> {
  const { userHandle, ...signed } = response;
  // The handle is not signed: it can only contradict what the store knows, never tell who it is.
  const handle = Buffer.from(passkey.administratorId).toString("base64url");
  if (userHandle !== undefined && userHandle !== null && userHandle !== handle) return undefined;
  const publicKey = new Uint8Array(Buffer.from(passkey.publicKey, "base64url"));
  const { verifyAuthenticationResponse } = await loadWebAuthn();
  const verified = await verifyOrNothing(() =>
    verifyAuthenticationResponse({
      response: { ...answer, response: signed, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      credential: { id: passkey.id, publicKey, counter: passkey.counter },
      requireUserVerification: true,
    }),
  );
  return verified?.verified === true ? verified.authenticationInfo.newCounter : undefined;
}

/** The library throws for whatever is wrong with an answer; it does no I/O, so that nothing else can be meant. */
async function verifyOrNothing<Verified>(verify: () => Promise<Verified>): Promise<Verified | undefined> {
  try {
    return await verify();
  } catch {
    return undefined;
  }
}
