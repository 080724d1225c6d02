import { randomBytes } from "node:crypto";
import type { CommandContext } from "../command-context.ts";
import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { readSandboxFile } from "../login/sandbox-file.ts";
import { parseAdminUrl } from "./admin-access.ts";
import { createManagement, createUnexpectedAnswer } from "./open-management.ts";

const sessionCookie = "__Host-biped-session";
/** What the console's own requests carry. */
const consoleHeaders = { "sec-fetch-site": "same-origin", "x-biped-console": "1" };
const lifetimeDays = 30;

/** Signs in with the demonstration administrator of `demo.json`, and makes an access token that may what they may. */
export async function createSandboxAccess(
  context: CommandContext,
  directory: string | true,
): Promise<{ readonly adminUrl: string; readonly accessToken: string }> {
  const { adminUrl, email, password } = await readSandboxFile(context, directory, {
    command: "biped admin login",
    parse: parseAdministrator,
  });
  const signedOut = await createManagement(context, { adminUrl, headers: consoleHeaders });
  const answer = await signedOut.open("POST /api/session", { body: { email, password } });
  const cookie = readCookie(answer);
  const signedIn = await createManagement(context, { adminUrl, headers: { ...consoleHeaders, cookie } });
  // Step-up renews the session's id.
  const steppedUp = await signedIn.open("POST /api/session/step-up", { body: { password } });
  const renewed = readCookie(steppedUp, cookie);
  const management = await createManagement(context, { adminUrl, headers: { ...consoleHeaders, cookie: renewed } });
  const made = await management.call("POST /api/access-tokens", {
    body: {
      name: `biped admin login ${randomBytes(3).toString("hex")}`,
      scopes: ["read", "accounts", "projects", "clouds", "credentials", "signing-keys", "administrators"],
      expiresInDays: lifetimeDays,
    },
  });
  await management.call("DELETE /api/session");
  if (typeof made.token !== "string") {
    throw new CommandError("The access token was made, but the answer that held it was lost", {
      exitCode: exitCodes.failed,
      code: "SECRET_LOST",
      next: "Repeat the command.",
    });
  }
  return { adminUrl, accessToken: made.token };
}

async function parseAdministrator(written: unknown) {
  const { z } = await import("zod/mini");
  const schema = z.object({
    console: z.string(),
    administrator: z.object({ email: z.string(), password: z.string() }),
  });
  const { data } = schema.safeParse(written);
  return data && { adminUrl: parseAdminUrl(data.console), ...data.administrator };
}

function readCookie(answer: Response, fallback?: string): string {
  const set = answer.headers.getSetCookie().find((each) => each.startsWith(`${sessionCookie}=`));
  const cookie = set?.split(";", 1)[0] ?? fallback;
  if (cookie === undefined) throw createUnexpectedAnswer("the sign-in opened no session");
  return cookie;
}
