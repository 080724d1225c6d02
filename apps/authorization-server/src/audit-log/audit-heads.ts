import { createPublicKey, type KeyObject, sign } from "node:crypto";
import type { Log } from "@biped/listener";
import type { SignedAuditHead } from "@biped/management-client";
import { formatHeadText, isHeadSigned, parseSignedHead, verifyAuditLog } from "@biped/management-client/audit-chain";
import { inTurn } from "../in-turn.ts";
import { formatTime } from "../instant.ts";
import { deriveAuditHeadSeed, type KeyEncryptionKey } from "../signing/envelope.ts";
import { createSeededKey } from "../signing/seeded-key.ts";
import type { Storage } from "../storage/storage.ts";
import type { HeadFile } from "./head-file.ts";
import { readEachEvent } from "./read-events.ts";

export type AuditHeadParts = {
  readonly storage: Pick<Storage, "findAuditHead" | "listAuditEvents">;
  readonly kek: KeyEncryptionKey;
  readonly nowSeconds: () => number;
  readonly log: Log;
  readonly file: HeadFile;
};

export type AuditLogVerdict = {
  readonly intact: boolean;
  /** How many follow from each other, up to the fault if there is one. */
  readonly events: number;
  /** How many heads outside the database were compared. */
  readonly heads: number;
  readonly fault: { readonly sequence: number; readonly reason: string } | null;
};

export type AuditHeads = {
  /** SubjectPublicKeyInfo, base64. */
  readonly publicKey: string;
  readonly signHead: () => Promise<SignedAuditHead>;
  /** Logs the head and appends it to the file if it has changed. Never rejects: the next time tries again. */
  readonly publishHead: () => Promise<void>;
  readonly verifyLog: () => Promise<AuditLogVerdict>;
};

/**
 * Signed heads show outsiders, and the server itself, that a log was cut off or written anew. They do not help
 * against whoever holds the key-encryption key as well as the database, nor for what happened since the last one.
 */
export function createAuditHeads(parts: AuditHeadParts): AuditHeads {
  const { storage, kek, nowSeconds, log, file } = parts;
  const key = createHeadKey(kek);
  const { publicKey } = key;
  const signHead = async (): Promise<SignedAuditHead> => {
    return signHeadLine({ ...(await storage.findAuditHead()), at: formatTime(nowSeconds()) }, key);
  };
  const publish = async (): Promise<void> => {
    try {
      await signAnew(kek, key, { log, file });
      await publishChanged(await signHead(), { log, file });
    } catch (error) {
      log.warn("the head of the audit log could not be kept", { error });
    }
  };
  return {
    publicKey,
    signHead,
    publishHead: inTurn(publish),
    verifyLog: () => verifyLog(storage, file, publicKey),
  };
}

type HeadKey = { readonly privateKey: KeyObject; readonly publicKey: string };

function createHeadKey(kek: Pick<KeyEncryptionKey, "deriveSeed">): HeadKey {
  const privateKey = createSeededKey(deriveAuditHeadSeed(kek));
  const publicKey = createPublicKey(privateKey).export({ format: "der", type: "spki" }).toString("base64");
  return { privateKey, publicKey };
}

function signHeadLine(head: Pick<SignedAuditHead, "sequence" | "hash" | "at">, { privateKey, publicKey }: HeadKey) {
  const signature = sign(null, Buffer.from(formatHeadText(head)), privateKey).toString("base64url");
  return { ...head, signature, publicKey };
}

/** What the former key-encryption key's own key has signed is signed with the present one's, once, while both are there. */
async function signAnew(
  { former }: Pick<KeyEncryptionKey, "former">,
  key: HeadKey,
  { log, file }: Pick<AuditHeadParts, "log" | "file">,
): Promise<void> {
  if (former === undefined || !("deriveSeed" in former)) return;
  const { publicKey: formerPublicKey } = createHeadKey(former);
  if (formerPublicKey === key.publicKey) return;
  const lines = await file.readLines();
  const next = lines.map((line) => {
    const head = parseSignedHead(line);
    if (head?.publicKey !== formerPublicKey || !isHeadSigned(head)) return line;
    const { sequence, hash, at } = head;
    return JSON.stringify(signHeadLine({ sequence, hash, at }, key));
  });
  const count = next.filter((line, place) => line !== lines[place]).length;
  if (count === 0) return;
  await file.replaceLines(next);
  log.info("audit heads signed anew", { count, publicKey: key.publicKey });
}

async function publishChanged(head: SignedAuditHead, { log, file }: Pick<AuditHeadParts, "log" | "file">) {
  const former = parseSignedHead((await file.readLines()).at(-1) ?? "");
  const { sequence, hash, at: signedAt, signature } = head;
  if (former?.sequence === sequence && former.hash === hash && former.publicKey === head.publicKey) return;
  if (former !== undefined && former.sequence >= sequence) {
    log.error("the audit log does not go on from the head that was signed last", { sequence, hash });
  }
  log.info("audit head", { sequence, hash, signedAt, signature, publicKey: head.publicKey });
  await file.append(JSON.stringify(head));
}

async function verifyLog(
  storage: AuditHeadParts["storage"],
  file: HeadFile,
  publicKey: string,
): Promise<AuditLogVerdict> {
  const heads: SignedAuditHead[] = [];
  for (const line of await file.readLines()) {
    const head = readOwnHead(line, publicKey);
    if ("reason" in head) return { intact: false, events: 0, heads: heads.length, fault: head };
    heads.push(head);
  }
  const { findAuditHead: findHead } = storage;
  const { events, fault } = await verifyAuditLog({ events: readEachEvent(storage), heads, findHead });
  return { intact: fault === undefined, events, heads: heads.length, fault: fault ?? null };
}

/** A key that only the head names proves nothing: anybody can make one. */
function readOwnHead(line: string, publicKey: string): SignedAuditHead | NonNullable<AuditLogVerdict["fault"]> {
  const head = parseSignedHead(line);
  if (head === undefined) return { sequence: 0, reason: "a line in the file of heads is no signed head" };
  const { sequence } = head;
  if (head.publicKey !== publicKey) return { sequence, reason: "a kept head is signed with another key" };
  return isHeadSigned(head) ? head : { sequence, reason: "a kept head has a wrong signature" };
}
