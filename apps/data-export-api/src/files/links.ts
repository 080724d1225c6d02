import type { Footing } from "@biped/guard";
import type { RunFile } from "../runs/run.ts";
import type { Storage } from "../storage/storage.ts";
import { formatFooting } from "./footing-text.ts";
import { isSameSignature, type Link, type LinkQuery, linkLifetimeSeconds, signLink } from "./link.ts";
import { createLinkKeys, type LinkKeyParts } from "./link-keys.ts";

export type LinkParts = LinkKeyParts & {
  readonly storage: Pick<Storage, "findProjectSettings">;
  /** Base URL of the cloud. */
  readonly endpoint: string;
};

export type Links = {
  /** A new link to each of the project's files, which stands on what the token stood on. None outlives its file. */
  readonly create: (
    footing: Footing,
    files: readonly RunFile[],
  ) => Promise<readonly { readonly file: RunFile; readonly link: Link }[]>;
  /** Whether the query was made here for this file, and no link of the project was ended since. Not whether it is over or revoked. */
  readonly isSigned: (
    query: LinkQuery,
    file: { readonly fileId: string; readonly projectId: number },
  ) => Promise<boolean>;
};

/** Whoever has a link has the file; the links themselves are kept nowhere. */
export function createLinks(parts: LinkParts): Links {
  const { storage, endpoint, nowSeconds } = parts;
  const { host } = new URL(endpoint);
  const keys = createLinkKeys(parts);
  return {
    async create(footing, files) {
      const [projectId] = footing.project;
      if (files.length === 0) return [];
      const { keyId: key, secret } = await keys.takeCurrent();
      const { linkEpoch } = await storage.findProjectSettings(projectId);
      const end = Math.floor(nowSeconds()) + linkLifetimeSeconds;
      return files.map((file) => {
        const { fileId } = file;
        const expiresAt = Math.min(end, file.expiresAt);
        const signed = { v: "2", exp: `${expiresAt}`, key, footing: formatFooting(footing) };
        const sig = signLink(secret, { ...signed, host, fileId, projectId, linkEpoch });
        const query = new URLSearchParams({ ...signed, sig });
        return { file, link: { url: `${endpoint}/v1/files/${fileId}?${query}`, expiresAt } };
      });
    },
    async isSigned({ sig, ...signed }, { fileId, projectId }) {
      const { linkEpoch } = await storage.findProjectSettings(projectId);
      const found = await keys.find(signed.key);
      if (found === undefined) return false;
      return isSameSignature(sig, signLink(found.secret, { ...signed, host, fileId, projectId, linkEpoch }));
    },
  };
}
