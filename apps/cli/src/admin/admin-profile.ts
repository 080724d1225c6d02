import type { ProfileKind, StoredProfile } from "../profiles/profile.ts";

/** How to reach one management API. The access token stands elsewhere, as the secret of a profile does. */
export type AdminProfile = StoredProfile & {
  readonly adminUrl: string;
  /** Whose token it is. */
  readonly email: string;
};

export const adminProfiles: ProfileKind<AdminProfile> = {
  fileName: "admin.json",
  // No profile of a credential can be named so: the colon is not among the characters of their names.
  nameSecret: (name) => `admin:${name}`,
  login: "biped admin login",
  loadSchema: async () => {
    const { z } = await import("zod/mini");
    return z.object({ adminUrl: z.string(), email: z.string(), secretStore: z.enum(["keychain", "file"]) });
  },
};
