import type { IconName } from "../design/icon.tsx";

/** The pages that the navigation and the command palette lead to. */
export type Place = {
  readonly to:
    | "/"
    | "/accounts"
    | "/clouds"
    | "/signing-keys"
    | "/revocations"
    | "/administrators"
    | "/audit-log"
    | "/you";
  readonly title: string;
  readonly icon: IconName;
  readonly isForPlatformOwners?: true;
};

const places: readonly Place[] = [
  { to: "/", title: "Overview", icon: "overview" },
  { to: "/accounts", title: "Accounts", icon: "account" },
  { to: "/clouds", title: "Clouds", icon: "cloud", isForPlatformOwners: true },
  {
    to: "/signing-keys",
    title: "Signing keys",
    icon: "signing-key",
    isForPlatformOwners: true,
  },
  { to: "/revocations", title: "Revocations", icon: "revocation", isForPlatformOwners: true },
  { to: "/administrators", title: "Administrators", icon: "administrators" },
  { to: "/audit-log", title: "Audit log", icon: "audit-log" },
];

export const ownPlace: Place = {
  to: "/you",
  title: "Your account",
  icon: "person",
};

export function findPlaces(isPlatformOwner: boolean): readonly Place[] {
  return places.filter((place) => place.isForPlatformOwners !== true || isPlatformOwner);
}

/** Places whose title has all the words in it. */
export function searchPlaces(all: readonly Place[], text: string): readonly Place[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)));
}
