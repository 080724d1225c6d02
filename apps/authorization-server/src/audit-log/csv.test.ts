import type { AuditEventView } from "@biped/management-client";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import { csvHeader, formatCsvEvent } from "./csv.ts";

const event: AuditEventView = {
  sequence: 7,
  at: "2027-01-15T08:00:00Z",
  actor: "administrator:a1",
  actorName: "ada@example.com",
  action: "account.renamed",
  subject: "account:1",
  accountId: 1,
  requestId: null,
  source: "192.0.2.7",
  before: { name: "Old" },
  after: { name: 'New, "improved"' },
  hash: "00ff",
};

test("a header row, every cell in quotes, CR and LF at the end (RFC 4180)", () => {
  expect(csvHeader).toBe(
    '"sequence","at","actor","actorName","action","subject","accountId","requestId","source","before","after","hash"\r\n',
  );
  expect(formatCsvEvent(event)).toBe(
    '"7","2027-01-15T08:00:00Z","administrator:a1","ada@example.com","account.renamed","account:1","1","","192.0.2.7",' +
      '"{""name"":""Old""}","{""name"":""New, \\""improved\\""""}","00ff"\r\n',
  );
});

test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\0=1"])(
  "R-46: %j is no formula in a spreadsheet",
  (actor) => {
    expect(formatCsvEvent({ ...event, actor })).toContain(`,"'${actor}",`);
  },
);

const text = fc.string({ unit: fc.oneof(fc.constantFrom(..."=+-@\t\r\0\n\"',;"), fc.string({ maxLength: 1 })) });
// Names need no escapes: Node 24 may read an escaped name as another one (nodejs/node#63785).
const name = fc.constantFrom("name", "=1+1", "@SUM", "Été");
const members = fc.option(fc.dictionary(name, fc.oneof(text, fc.integer(), fc.boolean())), { nil: null });
const events = fc.array(
  fc
    .record({ actor: text, actorName: fc.option(text, { nil: null }), subject: text, before: members, after: members })
    .map((some): AuditEventView => ({ ...event, ...some })),
);

testProperty(
  "what a CSV reader reads is what was exported, but for the guard before formulas",
  2_000,
  fc.property(events, (exported) => {
    const file = csvHeader + exported.map(formatCsvEvent).join("");
    const rows: Record<string, string>[] = parse(file, { columns: true, record_delimiter: "\r\n" });
    expect(rows).toHaveLength(exported.length);
    for (const [index, row] of rows.entries()) {
      const { actor, actorName, before, after } = exported[index]!;
      for (const cell of Object.values(row)) expect(cell).not.toMatch(/^[=+\-@\t\r\0]/);
      expect(removeGuard(row.actor!, actor)).toBe(actor);
      expect(removeGuard(row.actorName!, actorName ?? "")).toBe(actorName ?? "");
      expect(row.before === "" ? null : JSON.parse(row.before!)).toEqual(before);
      expect(row.after === "" ? null : JSON.parse(row.after!)).toEqual(after);
    }
  }),
);

function removeGuard(cell: string, original: string): string {
  return cell === `'${original}` ? original : cell;
}
