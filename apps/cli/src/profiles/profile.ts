import type { ZodMiniType } from "zod/mini";
import { createLocalError } from "../command-error.ts";
import { parseJson } from "../json.ts";
import { readFileIfThere } from "../named-file.ts";

export type SecretStoreKind = "keychain" | "file";

/** What every profile tells: where its secret is. */
export type StoredProfile = { readonly secretStore: SecretStoreKind };

/** How to reach one service with one credential. The secret stands elsewhere. */
export type Profile = StoredProfile & {
  readonly authUrl: string;
  readonly clientId: string;
  readonly scope: string;
  readonly projectId?: number | undefined;
  readonly allowedHosts?: readonly string[] | undefined;
};

export type Profiles<Each extends StoredProfile = Profile> = {
  readonly current: string | undefined;
  readonly named: ReadonlyMap<string, Each>;
};

/** Profiles of one kind lie in a file of their own; no command takes those of another. */
export type ProfileKind<Each extends StoredProfile> = {
  readonly fileName: string;
  /** Under which name the secret of a profile is kept. Kinds never share one. */
  readonly nameSecret: (name: string) => string;
  /** The command that makes such a profile. */
  readonly login: string;
  /** Loaded when there is a file to read, because most of a short run would be spent loading it. */
  readonly loadSchema: () => Promise<ZodMiniType<Each>>;
};

export const clientProfiles: ProfileKind<Profile> = {
  fileName: "profiles.json",
  nameSecret: (name) => name,
  login: "biped login",
  loadSchema: async () => {
    const { z } = await import("zod/mini");
    return z.object({
      authUrl: z.string(),
      clientId: z.string(),
      scope: z.string(),
      projectId: z.optional(z.int().check(z.positive())),
      allowedHosts: z.optional(z.array(z.string())),
      secretStore: z.enum(["keychain", "file"]),
    });
  },
};

/** Names go into files, key chains and completions; these need no quoting anywhere. */
export const profileName = /^[a-z0-9][\w.-]{0,63}$/i;

/** @throws {CommandError} the file is damaged; it is named. */
export async function readProfiles<Each extends StoredProfile>(
  file: string,
  { loadSchema }: ProfileKind<Each>,
): Promise<Profiles<Each>> {
  const text = await readFileIfThere(file);
  if (text === undefined) return { current: undefined, named: new Map() };
  const { z } = await import("zod/mini");
  const schema = z.object({
    current: z.optional(z.string()),
    profiles: z.record(z.string().check(z.regex(profileName)), await loadSchema()),
  });
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
    throw createDamagedError(file, place);
  }
  return { current: parsed.data.current, named: new Map(Object.entries(parsed.data.profiles)) };
}

export function formatProfiles<Each extends StoredProfile>({ current, named }: Profiles<Each>): string {
  return `${JSON.stringify({ current, profiles: Object.fromEntries(named) }, null, 2)}\n`;
}

export function createDamagedError(file: string, place = ""): Error {
  const next = "Mend it, or delete it and log in again.";
  return createLocalError(`${file} is damaged${place}`, "FILE_DAMAGED", next);
}
