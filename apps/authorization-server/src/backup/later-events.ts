import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import {
  type AuditEvent,
  type AuditLink,
  chainStart,
  createChainWalk,
  parseExportedEvent,
} from "@biped/management-client/audit-chain";
import type { Storage } from "../storage/storage.ts";

/** The chain that an export has to go on from. */
export type BackupChain = {
  readonly storage: Pick<Storage, "listAuditEvents">;
  /** The last event of the backup. */
  readonly head: AuditLink;
};

/**
 * The events of a JSONL export that came after the backup. It may begin anywhere in the backup or right after it; every
 * event has to follow from the one before, and those which the backup has too have to be the same ones.
 * @throws Error that names the line where it does not.
 */
export async function* readLaterEvents(
  path: string,
  { storage, head }: BackupChain,
): AsyncGenerator<AuditEvent, void, undefined> {
  let number = 0;
  let walk: ReturnType<typeof createChainWalk> | undefined;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    const place = `${path}, line ${number}`;
    const event = parseExportedEvent(line);
    if (event === undefined) throw new Error(`${place} is no audit event as it was exported`);
    walk ??= createChainWalk(await findLink(storage, event.sequence - 1));
    const fault = walk.add(event);
    if (fault !== undefined) throw new Error(`${place}: event ${fault.sequence} is ${fault.reason}`);
    if (event.sequence === head.sequence && event.hash !== head.hash) {
      throw new Error(`${place}: the backup has another event ${event.sequence}; they are of different stores`);
    }
    if (event.sequence > head.sequence) yield event;
  }
  const last = walk?.last().sequence ?? 0;
  if (last < head.sequence) {
    throw new Error(`${path} ends with event ${last}, and the backup with ${head.sequence}: it tells nothing of later`);
  }
}

async function findLink(storage: Pick<Storage, "listAuditEvents">, sequence: number): Promise<AuditLink> {
  if (sequence === 0) return chainStart;
  const [event] = await storage.listAuditEvents(sequence - 1, 1);
  if (event?.sequence === sequence) return event;
  throw new Error(`The export begins after event ${sequence}, which the backup does not have; export more of the log`);
}
