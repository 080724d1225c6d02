import type { LinkKey, Storage } from "../storage/storage.ts";
import { linkLifetimeSeconds } from "./link.ts";

export type LinkKeyParts = {
  readonly storage: Pick<Storage, "keepLinkKey" | "listLinkKeys" | "forgetLinkKeys">;
  readonly nowSeconds: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
};

export type LinkKeys = {
  /** The key that signs now; made if there is none. */
  readonly takeCurrent: () => Promise<LinkKey>;
  /** Undefined for one that was never made, or is forgotten: then every link that it signed has ended. */
  readonly find: (keyId: string) => Promise<LinkKey | undefined>;
};

/** A key signs for a day. */
const keyLifetimeSeconds = 86_400;
/** So long do the keys in memory stand for those in the store, however the clock was moved. */
const cacheSeconds = 60;

export function createLinkKeys({ storage, nowSeconds, randomBytes }: LinkKeyParts): LinkKeys {
  let cached: { readonly keys: readonly LinkKey[]; readonly readAt: number } | undefined;
  const remember = (keys: readonly LinkKey[]): readonly LinkKey[] => {
    cached = { keys, readAt: nowSeconds() };
    return keys;
  };
  const recall = async (): Promise<readonly LinkKey[]> => {
    if (cached !== undefined && Math.abs(nowSeconds() - cached.readAt) < cacheSeconds) return cached.keys;
    return remember(await storage.listLinkKeys());
  };

  return {
    async takeCurrent() {
      const now = Math.floor(nowSeconds());
      const [newest] = await recall();
      if (newest !== undefined && newest.createdAt > now - keyLifetimeSeconds) return newest;
      const keyId = Buffer.from(randomBytes(8)).toString("hex");
      const made = { keyId, secret: randomBytes(32), createdAt: now };
      await storage.forgetLinkKeys(now - keyLifetimeSeconds - linkLifetimeSeconds);
      const [kept = made] = remember(await storage.keepLinkKey(made, now - keyLifetimeSeconds));
      return kept;
    },
    async find(keyId) {
      const isWanted = (key: LinkKey): boolean => key.keyId === keyId;
      // Another process may have made it meanwhile.
      return (await recall()).find(isWanted) ?? remember(await storage.listLinkKeys()).find(isWanted);
    },
  };
}
