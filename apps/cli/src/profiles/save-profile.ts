import { CommandError } from "../command-error.ts";
import type { SecretStoreKind, StoredProfile } from "./profile.ts";
import type { ProfileStore } from "./profile-store.ts";
import { keychainUnavailable } from "./secret-store.ts";

type Saved<Each extends StoredProfile> = {
  readonly name: string;
  readonly secret: string;
  /** Undefined: in the key chain, or in a file where there is none. */
  readonly preferred: SecretStoreKind | undefined;
  readonly createProfile: (secretStore: SecretStoreKind) => Each;
};

/** Answers the profile as it was saved. */
export async function saveProfile<Each extends StoredProfile>(
  store: Pick<ProfileStore<Each>, "save">,
  { name, secret, preferred, createProfile }: Saved<Each>,
): Promise<Each> {
  const save = async (secretStore: SecretStoreKind): Promise<Each> => {
    const profile = createProfile(secretStore);
    await store.save(name, profile, secret);
    return profile;
  };
  try {
    return await save(preferred ?? "keychain");
  } catch (error) {
    const isUnavailable = error instanceof CommandError && error.code === keychainUnavailable;
    if (!isUnavailable || preferred !== undefined) throw error;
    return await save("file");
  }
}
