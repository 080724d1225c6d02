import type { HttpRequest } from "@biped/listener";
import { createSecret, isRefusal, type Refusal, refuse } from "@biped/protocol";
import { parseName } from "../management/text-rules.ts";
import { createUuid } from "../management/uuid.ts";
import type { ManagementRequest } from "../management-api/handlers.ts";
import type { Storage } from "../storage/storage.ts";
import { normalizeEmail } from "./email.ts";
import { refuseSignIn } from "./identify-caller.ts";
import { checkPasswordRules } from "./password-rules.ts";
import { createOwnAuthor, formatCookieHeaders } from "./session.ts";
import { guardGuess } from "./sign-in-limit.ts";
import type { MadeSignInParts, SignedIn } from "./sign-in-parts.ts";
import { digestToken } from "./token-digest.ts";

const setupSeconds = 3600;

/**
 * makes the one-time token of the first run, which replaces a former one and lasts an hour.
 * @returns undefined once there is an administrator.
 */
export async function openSetup({
  storage,
  nowSeconds,
  randomBytes,
}: {
  readonly storage: Pick<Storage, "openSetup">;
  readonly nowSeconds: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
}): Promise<{ readonly token: string } | undefined> {
  const token = createSecret("setup", randomBytes);
  const digest = digestToken(token, "setup");
  if (digest === undefined) throw new Error("A new setup token has the wrong form.");
  const isOpen = await storage.openSetup({ digest, expiresAt: nowSeconds() + setupSeconds });
  return isOpen ? { token } : undefined;
}

type Answer = Promise<SignedIn | Refusal>;

/** How people begin: the first of them with the setup token, all others with an invitation. */
export type FirstRun = {
  readonly setUp: (body: ManagementRequest<"POST /api/setup">["body"], http: HttpRequest) => Answer;
  readonly accept: (body: ManagementRequest<"POST /api/invitations/acceptance">["body"], http: HttpRequest) => Answer;
};

export function createFirstRun(parts: MadeSignInParts): FirstRun {
  const { storage, limit, nowSeconds, randomBytes } = parts;
  return {
    setUp: async (body, http) => {
      if (!(await storage.isSetupOpen())) return refuse("NOT_FOUND", "There is an administrator already.");
      const begun = limit.begin({ kind: "setup", name: undefined, source: http.source });
      const administratorId = await guardGuess(begun, async () => {
        const digest = digestToken(body.token, "setup");
        if (digest === undefined) return undefined;
        const email = normalizeEmail(body.email);
        const person = await preparePerson(parts, { ...body, texts: [email] });
        if (isRefusal(person)) return person;
        const id = createUuid(randomBytes);
        const administrator = { id, email, ...person, isPlatformOwner: true };
        const author = createOwnAuthor(id, nowSeconds(), http);
        return (await storage.completeSetup({ digest, administrator }, author)) ? id : undefined;
      });
      if (administratorId === undefined) return refuseSignIn("wrong or expired setup token");
      return isRefusal(administratorId) ? administratorId : signInFirst(parts, administratorId, http);
    },
    accept: async (body, http) => {
      const begun = limit.begin({ kind: "invitation", name: undefined, source: http.source });
      const administratorId = await guardGuess(begun, async () => {
        const digest = digestToken(body.token, "invite");
        if (digest === undefined) return undefined;
        const person = await preparePerson(parts, { ...body, texts: [] });
        if (isRefusal(person)) return person;
        return storage.acceptInvitation(
          { digest, ...person },
          { at: nowSeconds(), requestId: http.id, source: http.source },
        );
      });
      if (administratorId === undefined) return refuseSignIn("unknown, used or expired invitation");
      return isRefusal(administratorId) ? administratorId : signInFirst(parts, administratorId, http);
    },
  };
}

type Person = { readonly name: string; readonly password: string; readonly texts: readonly string[] };

async function preparePerson({ passwords }: MadeSignInParts, { name: sent, password, texts }: Person) {
  const name = parseName("name", sent);
  if (isRefusal(name)) return name;
  const mistake = await checkPasswordRules(password, [...texts, name]);
  if (mistake !== undefined) return mistake;
  const passwordHash = await passwords.hash(password);
  return isRefusal(passwordHash) ? passwordHash : { name, passwordHash };
}

async function signInFirst(
  { sessions, nowSeconds }: MadeSignInParts,
  administratorId: string,
  http: HttpRequest,
): Answer {
  const person = { administratorId, state: "complete", provedAt: nowSeconds() } as const;
  const { cookie } = await sessions.start(person, http);
  return { body: { state: "signed-in", secondFactors: [] }, headers: formatCookieHeaders(cookie) };
}
