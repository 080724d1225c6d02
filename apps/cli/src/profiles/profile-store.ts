import path from "node:path";
import { CommandError, createUsageError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { withFileLock } from "./file-lock.ts";
import { writePrivateFile } from "./private-file.ts";
import {
  clientProfiles,
  formatProfiles,
  type Profile,
  type ProfileKind,
  type Profiles,
  profileName,
  readProfiles,
  type SecretStoreKind,
  type StoredProfile,
} from "./profile.ts";
import { createFileSecretStore, createKeychainSecretStore, type SecretStore } from "./secret-store.ts";

/** The profiles of one kind in one configuration directory, with their secrets. */
export type ProfileStore<Each extends StoredProfile = Profile> = {
  readonly read: () => Promise<Profiles<Each>>;
  /** Stores the secret first: a profile without its secret is of no use. The profile becomes the current one. */
  readonly save: (name: string, profile: Each, secret: string) => Promise<void>;
  readonly use: (name: string) => Promise<void>;
  /** Takes the secret away first. */
  readonly remove: (names: readonly string[]) => Promise<void>;
  readonly findSecret: (name: string, profile: Each) => Promise<string>;
};

export function openProfileStore(directory: string): ProfileStore {
  return openStoreOf(clientProfiles, directory);
}

export function openStoreOf<Each extends StoredProfile>(
  kind: ProfileKind<Each>,
  directory: string,
): ProfileStore<Each> {
  const file = path.join(directory, kind.fileName);
  const stores: Readonly<Record<SecretStoreKind, SecretStore>> = {
    file: createFileSecretStore(directory),
    keychain: createKeychainSecretStore(directory),
  };
  const read = (): Promise<Profiles<Each>> => readProfiles(file, kind);
  const find = (profiles: Profiles<Each>, name: string): Each => findProfile(profiles, name, kind.login);
  const change = (revise: (profiles: Profiles<Each>) => Profiles<Each>): Promise<void> =>
    withFileLock(file, async () => writePrivateFile(file, formatProfiles(revise(await read()))));
  return {
    read,
    save: async (name, profile, secret) => {
      const previous = (await read()).named.get(name)?.secretStore;
      await stores[profile.secretStore].save(kind.nameSecret(name), secret);
      await change(({ named }) => ({ current: name, named: new Map([...named, [name, profile]]) }));
      if (previous !== undefined && previous !== profile.secretStore) {
        await stores[previous].remove(kind.nameSecret(name));
      }
    },
    use: async (name) => {
      find(await read(), name);
      await change((profiles) => find(profiles, name) && { ...profiles, current: name });
    },
    remove: async (names) => {
      const profiles = await read();
      for (const name of names) await stores[find(profiles, name).secretStore].remove(kind.nameSecret(name));
      await change((latest) => withoutNames(latest, names));
    },
    findSecret: async (name, { secretStore }) => {
      const secret = await stores[secretStore].find(kind.nameSecret(name));
      if (secret !== undefined) return secret;
      throw createNoSecretError(name, secretStore, kind.login);
    },
  };
}

function createNoSecretError(name: string, secretStore: SecretStoreKind, login: string): CommandError {
  return new CommandError(`The secret of the profile ${name} is not in its store (${secretStore})`, {
    exitCode: exitCodes.refused,
    code: "NO_SECRET",
    next: `Log in again: ${login} --profile ${name}`,
  });
}

function withoutNames<Each extends StoredProfile>(
  { current, named }: Profiles<Each>,
  names: readonly string[],
): Profiles<Each> {
  const kept = new Map([...named].filter(([name]) => !names.includes(name)));
  return { current: current !== undefined && kept.has(current) ? current : undefined, named: kept };
}

/** @throws {CommandError} there is none of that name; the error tells which there are. */
export function findProfile<Each extends StoredProfile>(
  { named }: Profiles<Each>,
  name: string,
  login = clientProfiles.login,
): Each {
  const profile = named.get(name);
  if (profile !== undefined) return profile;
  const known = [...named.keys()].join(", ");
  const next = known === "" ? `There are no profiles yet: ${login}` : `Known profiles: ${known}`;
  throw createUsageError(`There is no profile named ${checkProfileName(name)}`, next);
}

/** @throws {CommandError} the name has characters that a profile's name cannot have. */
export function checkProfileName(name: string): string {
  if (profileName.test(name)) return name;
  throw createUsageError(
    "The name of a profile has letters, digits, dots, hyphens and underscores, and begins with a letter or a digit",
  );
}
