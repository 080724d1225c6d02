import { createReadStream } from "node:fs";
import path from "node:path";
import type { ManagementClient, SignedAuditHead } from "@biped/management-client";
import type { AuditEvent, AuditVerification } from "@biped/management-client/audit-chain";
import type { Command } from "commander";
import { openSession } from "../admin/admin-session.ts";
import { createUnexpectedAnswer } from "../admin/open-management.ts";
import { formatExamples } from "../admin/print-answer.ts";
import type { CommandContext } from "../command-context.ts";
import { createLocalError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { nameFile, readNamedFile } from "../named-file.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import { openExport } from "./export-events.ts";
import { readLines } from "./read-answer.ts";

type Options = { readonly heads?: string };

const explanation = `
Without FILE the log is read from the service, with its signed head; that needs a
platform owner's access token. FILE is a JSONL export of everything, and is checked
on this machine alone. The chain shows what was changed, removed, added or put in
another order. That its end was cut off, or all of it written anew, only heads show
that were kept elsewhere: \`biped audit head\`, or audit-heads.jsonl of the server.

Exit code 0 when all is as it was stored, 1 when something is not.`;

export function addAuditVerifyCommand(audit: Command, context: CommandContext): void {
  audit
    .command("verify")
    .argument("[file]", "a JSONL export; the service's log without it")
    .description("check that no audit event was changed, removed or added")
    .option("--heads <file>", "signed heads that were kept elsewhere, one a line")
    .addHelpText(
      "after",
      `${explanation}\n${formatExamples("audit verify", "audit verify events.jsonl --heads heads.jsonl")}`,
    )
    .action((file: string | undefined, options: Options, command: Command) =>
      verify(context, { file, ...options }, command),
    );
}

type Asked = Options & { readonly file: string | undefined };

async function verify(context: CommandContext, asked: Asked, command: Command): Promise<void> {
  const heads = asked.heads === undefined ? [] : await readKeptHeads(context, asked.heads);
  const verdict =
    asked.file === undefined
      ? await verifyService(context, heads, command)
      : await verifyFile(context, heads, asked.file);
  if (verdict.fault !== undefined) context.endWith(exitCodes.failed);
  printVerdict(context, verdict);
  if (asked.file !== undefined && heads.length === 0) {
    context.terminal.note("Whether the end is missing, only --heads can tell.");
  }
}

type Verdict = AuditVerification & {
  readonly keptHeads: number;
  /** Of the heads; undefined without any. */
  readonly publicKey: string | undefined;
};

async function verifyService(
  context: CommandContext,
  heads: readonly SignedAuditHead[],
  command: Command,
): Promise<Verdict> {
  const { management } = await openSession(context, command);
  const { publicKey } = await readHead(management);
  if (heads.some((head) => head.publicKey !== publicKey)) {
    throw createLocalError(
      "The heads were signed by another key than the service's",
      "WRONG_KEY",
      "Check that they are heads of this service.",
    );
  }
  const { verifyAuditLog } = await import("@biped/management-client/audit-chain");
  const events = readEvents(await openExport(context, management, { format: "jsonl" }), "The export");
  const verification = await verifyAuditLog({ events, heads, findHead: () => readHead(management) });
  return { ...verification, keptHeads: heads.length, publicKey };
}

async function verifyFile(
  { workingDirectory }: CommandContext,
  heads: readonly SignedAuditHead[],
  file: string,
): Promise<Verdict> {
  const { verifyAuditLog } = await import("@biped/management-client/audit-chain");
  const events = readEvents(readFileChunks(path.resolve(workingDirectory, file), file), file);
  const verification = await verifyAuditLog({ events, heads });
  return { ...verification, keptHeads: heads.length, publicKey: heads[0]?.publicKey };
}

async function readHead(management: ManagementClient): Promise<SignedAuditHead> {
  const { isHeadSigned, parseSignedHead } = await import("@biped/management-client/audit-chain");
  const head = parseSignedHead(JSON.stringify(await management.call("GET /api/audit-log/head")));
  if (head === undefined) throw createUnexpectedAnswer("its head of the audit log is none");
  if (isHeadSigned(head)) return head;
  throw createLocalError("The signature of the service's head is wrong", "WRONG_SIGNATURE");
}

/** All of them are of one key: whose it is, the one who kept them knows. */
async function readKeptHeads({ workingDirectory }: CommandContext, file: string): Promise<readonly SignedAuditHead[]> {
  const { isHeadSigned, parseSignedHead } = await import("@biped/management-client/audit-chain");
  const text = (await readNamedFile(path.resolve(workingDirectory, file))).toString("utf8");
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line, index) => {
    const head = parseSignedHead(line);
    const place = `${file}, line ${index + 1}`;
    if (head === undefined) throw createLocalError(`${place} is no signed head`, "NOT_A_HEAD");
    if (!isHeadSigned(head)) throw createLocalError(`${place} has a wrong signature`, "WRONG_SIGNATURE");
    if (head.publicKey !== parseSignedHead(lines[0] ?? "")?.publicKey) {
      throw createLocalError(`${place} is signed by another key than the first line`, "WRONG_KEY");
    }
    return head;
  });
}

async function* readFileChunks(file: string, shown: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk;
  } catch (error) {
    throw nameFile(error, shown);
  }
}

/** @param name Of what the lines are read from, for the error. */
async function* readEvents(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<AuditEvent> {
  const { parseExportedEvent } = await import("@biped/management-client/audit-chain");
  let number = 0;
  for await (const line of readLines(chunks)) {
    number += 1;
    const event = parseExportedEvent(line);
    if (event === undefined) {
      throw createLocalError(
        `${name}, line ${number} is no audit event as it was exported`,
        "NOT_AN_EVENT",
        "Only a JSONL export can be verified.",
      );
    }
    yield event;
  }
}

function printVerdict({ terminal }: CommandContext, { events, last, fault, keptHeads, publicKey }: Verdict): void {
  if (terminal.isJson) {
    terminal.printJson({ intact: fault === undefined, events, last, keptHeads, publicKey, fault });
    return;
  }
  const { green, red } = terminal.style;
  const compared = keptHeads === 0 ? "" : `, as ${keptHeads} kept ${keptHeads === 1 ? "head says" : "heads say"}`;
  if (fault === undefined) {
    terminal.print(green(`The audit log is whole: ${events} events, none changed, missing or added${compared}.`));
  } else {
    const { sequence, reason } = fault;
    terminal.print(red(`The audit log is not whole: event ${sequence} is ${escapeControls(reason)}.`));
    if (sequence === 1) {
      terminal.note("An export with a filter, or by somebody who does not see every account, cannot be verified.");
    }
  }
  terminal.print(`Last event   ${last.sequence} ${last.hash}`);
  if (publicKey !== undefined) terminal.print(`Signed with  ${publicKey}`);
}
