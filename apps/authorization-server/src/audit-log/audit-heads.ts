import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import type { Log } from "@biped/listener";
import type { SignedAuditHead } from "@biped/management-client";
import { formatHeadText, isHeadSigned, parseSignedHead, verifyAuditLog } from "@biped/management-client/audit-chain";
import { formatTime } from "../instant.ts";
import { deriveAuditHeadSeed, type KeyEncryptionKey } from "../signing/envelope.ts";
import type { AuditEvent, Storage } from "../storage/storage.ts";
import type { HeadFile } from "./head-file.ts";
import { readEvents } from "./read-events.ts";

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
  const { privateKey, publicKey } = createHeadKey(kek);
  const signHead = async (): Promise<SignedAuditHead> => {
    const head = { ...(await storage.findAuditHead()), at: formatTime(nowSeconds()) };
    const signature = sign(null, Buffer.from(formatHeadText(head)), privateKey).toString("base64url");
    return { ...head, signature, publicKey };
  };
  const publish = async (): Promise<void> => {
    try {
      await publishChanged(await signHead(), { log, file });
    } catch (error) {
      log.warn("the head of the audit log could not be kept", { error });
    }
  };
  let publishing = Promise.resolve();
  return {
    publicKey,
    signHead,
    publishHead: () => {
      publishing = publishing.then(publish);
      return publishing;
    },
    verifyLog: () => verifyLog(storage, file, publicKey),
  };
}

/** RFC 8410 §7: what stands before the seed of a private key of Ed25519 in PKCS #8. */
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

function createHeadKey(kek: KeyEncryptionKey): { readonly privateKey: KeyObject; readonly publicKey: string } {
  const key = Buffer.concat([pkcs8Prefix, deriveAuditHeadSeed(kek)]);
  const privateKey = createPrivateKey({ key, format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey).export({ format: "der", type: "spki" }).toString("base64");
  return { privateKey, publicKey };
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
  const { events, fault } = await verifyAuditLog({ events: readEach(storage), heads, findHead });
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

async function* readEach(storage: Pick<Storage, "listAuditEvents">): AsyncGenerator<AuditEvent, void, undefined> {
  for await (const page of readEvents(storage)) yield* page;
}
