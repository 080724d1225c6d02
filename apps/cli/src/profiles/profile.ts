import { createLocalError } from "../command-error.ts";
import { parseJson } from "../json.ts";
import { readFileIfThere } from "../named-file.ts";

export type SecretStoreKind = "keychain" | "file";

/** How to reach one service with one credential. The secret stands elsewhere. */
export type Profile = {
  readonly authUrl: string;
  readonly clientId: string;
  readonly scope: string;
  readonly projectId?: number | undefined;
  readonly allowedHosts?: readonly string[] | undefined;
  readonly secretStore: SecretStoreKind;
};

export type Profiles = { readonly current: string | undefined; readonly named: ReadonlyMap<string, Profile> };

const emptyProfiles: Profiles = { current: undefined, named: new Map() };

/** Names go into files, key chains and completions; these need no quoting anywhere. */
export const profileName = /^[a-z0-9][\w.-]{0,63}$/i;

/** @throws {CommandError} the file is damaged; it is named. */
export async function readProfiles(file: string): Promise<Profiles> {
  const text = await readFileIfThere(file);
  if (text === undefined) return emptyProfiles;
  // Loaded here because most of a short run would be spent loading it.
  const { z } = await import("zod/mini");
  const profile = z.object({
    authUrl: z.string(),
    clientId: z.string(),
    scope: z.string(),
    projectId: z.optional(z.int().check(z.positive())),
    allowedHosts: z.optional(z.array(z.string())),
    secretStore: z.enum(["keychain", "file"]),
  });
  const schema = z.object({
    current: z.optional(z.string()),
    profiles: z.record(z.string().check(z.regex(profileName)), profile),
  });
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
    throw createDamagedError(file, place);
  }
  return { current: parsed.data.current, named: new Map(Object.entries(parsed.data.profiles)) };
}

export function formatProfiles({ current, named }: Profiles): string {
  return `${JSON.stringify({ current, profiles: Object.fromEntries(named) }, null, 2)}\n`;
}

export function createDamagedError(file: string, place = ""): Error {
  const next = "Mend it, or delete it and log in again.";
  return createLocalError(`${file} is damaged${place}`, "FILE_DAMAGED", next);
}
