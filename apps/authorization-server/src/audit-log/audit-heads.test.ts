import { createPrivateKey, sign } from "node:crypto";
import { createLog } from "@biped/listener";
import {
  type AuditEvent,
  chainStart,
  formatHeadText,
  isHeadSigned,
  linkAuditEntry,
  parseSignedHead,
} from "@biped/management-client/audit-chain";
import { beforeEach, describe, expect, test } from "vitest";
import { createKeyEncryptionKey } from "../signing/envelope.ts";
import { createAuditHeads } from "./audit-heads.ts";

const kek = createKeyEncryptionKey(Buffer.alloc(32, 7));

function append(events: AuditEvent[], subject: string): void {
  const entry = {
    at: 1_800_000_000 + events.length,
    actor: "operator",
    action: "account.created",
    subject,
    accountId: undefined,
    requestId: undefined,
    source: undefined,
    before: undefined,
    after: undefined,
  };
  events.push({ ...entry, ...linkAuditEntry(events.at(-1) ?? chainStart, entry) });
}

function createParts() {
  const events: AuditEvent[] = [];
  for (let index = 1; index <= 3; index += 1) append(events, `account:${index}`);
  const lines: string[] = [];
  const logLines: string[] = [];
  const disk = { isFull: false };
  const clock = { seconds: 1_800_000_600 };
  const store = { head: undefined as { sequence: number; hash: string } | undefined };
  const parts = {
    storage: {
      listAuditEvents: async (after: number, limit: number) =>
        events.filter(({ sequence }) => sequence > after).slice(0, limit),
      findAuditHead: async () => {
        const { sequence, hash } = store.head ?? events.at(-1) ?? chainStart;
        return { sequence, hash };
      },
    },
    kek,
    nowSeconds: () => clock.seconds,
    log: createLog("info", (line) => logLines.push(line)),
    file: {
      append: async (line: string) => {
        if (disk.isFull) throw new Error("ENOSPC");
        lines.push(line);
      },
      replaceLines: async (next: readonly string[]) => {
        lines.splice(0, lines.length, ...next);
      },
      readLines: async () => lines,
    },
  };
  return { ...parts, parts, events, lines, logLines, disk, clock, store, heads: createAuditHeads(parts) };
}

let made: ReturnType<typeof createParts>;
beforeEach(() => {
  made = createParts();
});

describe("a signed head", () => {
  test("names the last event, the time and the public key, and is signed by that key", async () => {
    const head = await made.heads.signHead();
    const { sequence, hash } = made.events.at(-1)!;
    expect(head).toMatchObject({ sequence, hash, at: "2027-01-15T08:10:00Z", publicKey: made.heads.publicKey });
    expect(formatHeadText(head)).toBe(`biped-audit-head\n3\n${hash}\n2027-01-15T08:10:00Z`);
    expect(isHeadSigned(head)).toBe(true);
    for (const change of [{ sequence: 2 }, { hash: "0".repeat(64) }, { at: "2027-01-15T08:10:01Z" }]) {
      expect(isHeadSigned({ ...head, ...change })).toBe(false);
    }
  });

  test("R-27: its key is made of the key-encryption key alone, always the same, and is not that key", async () => {
    const { publicKey } = made.heads;
    expect(publicKey).toBe("MCowBQYDK2VwAyEAEZOj7apJrLiga15v4+feruVHYUSzLMN5oKePe2iIXr0=");
    expect(createAuditHeads({ ...made.parts }).publicKey).toBe(publicKey);
    const other = createKeyEncryptionKey(Buffer.alloc(32, 8));
    expect(createAuditHeads({ ...made.parts, kek: other }).publicKey).not.toBe(publicKey);
    const prefix = Buffer.from("302e020100300506032b657004220420", "hex");
    const key = createPrivateKey({ key: Buffer.concat([prefix, Buffer.alloc(32, 7)]), format: "der", type: "pkcs8" });
    const head = await made.heads.signHead();
    const signature = sign(null, Buffer.from(formatHeadText(head)), key).toString("base64url");
    expect(isHeadSigned({ ...head, signature })).toBe(false);
  });
});

describe("publishing", () => {
  test("logs the head and appends it, and does neither again until it has changed", async () => {
    await made.heads.publishHead();
    made.clock.seconds += 600;
    await made.heads.publishHead();
    expect(made.lines).toHaveLength(1);
    append(made.events, "account:4");
    await made.heads.publishHead();
    expect(made.lines.map((line) => JSON.parse(line).sequence)).toEqual([3, 4]);
    const { sequence, hash, at, signature, publicKey } = JSON.parse(made.lines[1]!);
    expect(made.logLines.map((line) => JSON.parse(line))).toMatchObject([
      { level: "info", msg: "audit head", sequence: 3 },
      { level: "info", msg: "audit head", sequence, hash, signedAt: at, signature, publicKey },
    ]);
  });

  test("a restart does not append the head that is there already", async () => {
    await made.heads.publishHead();
    await createAuditHeads(made.parts).publishHead();
    expect(made.lines).toHaveLength(1);
  });

  test("two at once append one after the other", async () => {
    await Promise.all([made.heads.publishHead(), made.heads.publishHead()]);
    expect(made.lines).toHaveLength(1);
  });

  test("never rejects: what went wrong is logged, and the next time tries again", async () => {
    made.disk.isFull = true;
    await made.heads.publishHead();
    made.disk.isFull = false;
    await made.heads.publishHead();
    expect(made.lines).toHaveLength(1);
    expect(made.logLines.map((line) => JSON.parse(line).msg)).toEqual([
      "audit head",
      "the head of the audit log could not be kept",
      "audit head",
    ]);
  });

  test("a log that was put back to an older state is noticed at once", async () => {
    await made.heads.publishHead();
    made.events.pop();
    await made.heads.publishHead();
    expect(made.logLines.map((line) => JSON.parse(line))).toMatchObject([
      { level: "info", msg: "audit head", sequence: 3 },
      { level: "error", msg: "the audit log does not go on from the head that was signed last", sequence: 2 },
      { level: "info", msg: "audit head", sequence: 2 },
    ]);
  });
});

describe("a key-encryption key that replaced another", () => {
  const other = createKeyEncryptionKey(Buffer.alloc(32, 8));

  test("signs anew, once, what the key of the former one has signed, so that the log still verifies without it", async () => {
    await made.heads.publishHead();
    append(made.events, "account:4");
    const both = createAuditHeads({ ...made.parts, kek: { ...other, former: kek } });
    await both.publishHead();
    await both.publishHead();
    const heads = made.lines.map((line) => parseSignedHead(line)!);
    expect(heads.map((head) => [head.sequence, head.publicKey, isHeadSigned(head)])).toEqual([
      [3, both.publicKey, true],
      [4, both.publicKey, true],
    ]);
    const told = made.logLines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "audit heads signed anew");
    expect(told).toMatchObject([{ count: 1, publicKey: both.publicKey }]);
    const alone = createAuditHeads({ ...made.parts, kek: other });
    expect(await alone.verifyLog()).toEqual({ intact: true, fault: null, events: 4, heads: 2 });
  });

  test("signs nothing that a third key has signed, or nobody", async () => {
    const third = createAuditHeads({ ...made.parts, kek: createKeyEncryptionKey(Buffer.alloc(32, 9)) });
    const foreign = JSON.stringify(await third.signHead());
    const forged = JSON.stringify({ ...(await made.heads.signHead()), sequence: 2 });
    made.lines.push(foreign, forged, "torn off");
    await createAuditHeads({ ...made.parts, kek: { ...other, former: kek } }).publishHead();
    expect(made.lines.slice(0, 3)).toEqual([foreign, forged, "torn off"]);
  });
});

describe("verifying", () => {
  const intact = { intact: true, fault: null };

  test("a whole log with its heads is intact, and so is an empty one", async () => {
    await made.heads.publishHead();
    append(made.events, "account:4");
    await made.heads.publishHead();
    expect(await made.heads.verifyLog()).toEqual({ ...intact, events: 4, heads: 2 });
    made.events.length = 0;
    made.lines.length = 0;
    expect(await made.heads.verifyLog()).toEqual({ ...intact, events: 0, heads: 0 });
  });

  test("events that are stored meanwhile are no fault", async () => {
    const { listAuditEvents } = made.parts.storage;
    const heads = createAuditHeads({
      ...made.parts,
      storage: {
        ...made.parts.storage,
        listAuditEvents: async (after, limit) => {
          append(made.events, "account:meanwhile");
          return listAuditEvents(after, limit);
        },
      },
    });
    expect(await heads.verifyLog()).toEqual({ ...intact, events: 4, heads: 0 });
  });

  test("a log that was cut off with its head is found by a kept head", async () => {
    await made.heads.publishHead();
    made.events.pop();
    expect(await made.heads.verifyLog()).toEqual({
      intact: false,
      events: 2,
      heads: 1,
      fault: { sequence: 3, reason: "before a signed head, and the log ends there" },
    });
  });

  test("a log that was written anew with its head is found by a kept head", async () => {
    await made.heads.publishHead();
    made.events.length = 0;
    for (let index = 1; index <= 5; index += 1) append(made.events, `account:forged-${index}`);
    expect(await made.heads.verifyLog()).toEqual({
      intact: false,
      events: 3,
      heads: 1,
      fault: { sequence: 3, reason: "not the event of a signed head" },
    });
  });

  test("without kept heads the stored head still finds what is missing, altered or beyond it", async () => {
    made.store.head = made.events[2]!;
    append(made.events, "account:4");
    const fault = async () => (await made.heads.verifyLog()).fault;
    expect(await fault()).toEqual({ sequence: 4, reason: "missing or out of order" });
    made.events.length = 2;
    expect(await fault()).toEqual({ sequence: 3, reason: "missing or out of order" });
    append(made.events, "account:forged");
    expect(await fault()).toEqual({ sequence: 3, reason: "altered" });
  });

  test("a kept head with a wrong signature, of another key, or that is none, is a fault", async () => {
    await made.heads.publishHead();
    const head = JSON.parse(made.lines[0]!);
    const other = createAuditHeads({ ...made.parts, kek: createKeyEncryptionKey(Buffer.alloc(32, 8)) });
    for (const [line, fault] of [
      [JSON.stringify({ ...head, sequence: 2 }), { sequence: 2, reason: "a kept head has a wrong signature" }],
      [JSON.stringify(await other.signHead()), { sequence: 3, reason: "a kept head is signed with another key" }],
      [made.lines[0]!.slice(0, 50), { sequence: 0, reason: "a line in the file of heads is no signed head" }],
    ] as const) {
      made.lines[0] = line;
      expect(await made.heads.verifyLog()).toEqual({ intact: false, events: 0, heads: 0, fault });
    }
  });
});
