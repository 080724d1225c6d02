import path from "node:path";
import { CommandError, createUsageError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { withFileLock } from "./file-lock.ts";
import { writePrivateFile } from "./private-file.ts";
import {
  formatProfiles,
  type Profile,
  type Profiles,
  profileName,
  readProfiles,
  type SecretStoreKind,
} from "./profile.ts";
import { createFileSecretStore, createKeychainSecretStore, type SecretStore } from "./secret-store.ts";

/** The profiles of one configuration directory with their secrets. */
export type ProfileStore = {
  readonly read: () => Promise<Profiles>;
  /** Stores the secret first: a profile without its secret is of no use. The profile becomes the current one. */
  readonly save: (name: string, profile: Profile, secret: string) => Promise<void>;
  readonly use: (name: string) => Promise<void>;
  /** Takes the secret away first. */
  readonly remove: (names: readonly string[]) => Promise<void>;
  readonly findSecret: (name: string, profile: Profile) => Promise<string>;
};

export function openProfileStore(directory: string): ProfileStore {
  const file = path.join(directory, "profiles.json");
  const stores: Readonly<Record<SecretStoreKind, SecretStore>> = {
    file: createFileSecretStore(directory),
    keychain: createKeychainSecretStore(directory),
  };
  const read = (): Promise<Profiles> => readProfiles(file);
  const change = (revise: (profiles: Profiles) => Profiles): Promise<void> =>
    withFileLock(file, async () => writePrivateFile(file, formatProfiles(revise(await read()))));
  return {
    read,
    save: async (name, profile, secret) => {
      const previous = (await read()).named.get(name)?.secretStore;
      await stores[profile.secretStore].save(name, secret);
      await change(({ named }) => ({ current: name, named: new Map([...named, [name, profile]]) }));
      if (previous !== undefined && previous !== profile.secretStore) await stores[previous].remove(name);
    },
    use: async (name) => {
      findProfile(await read(), name);
      await change((profiles) => {
        findProfile(profiles, name);
        return { ...profiles, current: name };
      });
    },
    remove: async (names) => {
      const profiles = await read();
      for (const name of names) await stores[findProfile(profiles, name).secretStore].remove(name);
      await change((latest) => {
        const named = new Map([...latest.named].filter(([name]) => !names.includes(name)));
        return {
          current: latest.current !== undefined && named.has(latest.current) ? latest.current : undefined,
          named,
        };
      });
    },
    findSecret: async (name, { secretStore }) => {
      const secret = await stores[secretStore].find(name);
      if (secret !== undefined) return secret;
      throw new CommandError(`The secret of the profile ${name} is not in its store (${secretStore})`, {
        exitCode: exitCodes.refused,
        code: "NO_SECRET",
        next: `Log in again: biped login --profile ${name}`,
      });
    },
  };
}

/** @throws {CommandError} there is none of that name; the error tells which there are. */
export function findProfile({ named }: Profiles, name: string): Profile {
  const profile = named.get(name);
  if (profile !== undefined) return profile;
  const known = [...named.keys()].join(", ");
  const next = known === "" ? "There are no profiles yet: biped login" : `Known profiles: ${known}`;
  throw createUsageError(`There is no profile named ${checkProfileName(name)}`, next);
}

/** @throws {CommandError} the name has characters that a profile's name cannot have. */
export function checkProfileName(name: string): string {
  if (profileName.test(name)) return name;
  throw createUsageError(
    "The name of a profile has letters, digits, dots, hyphens and underscores, and begins with a letter or a digit",
  );
}
