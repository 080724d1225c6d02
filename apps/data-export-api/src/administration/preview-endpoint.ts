import { isRefusal } from "@biped/protocol";
import type { DataSource, FoundData } from "../data/data-source.ts";
import { formatInstant } from "../jobs/instant.ts";
import type { DateRange, Frequency, JobRequest } from "../jobs/job.ts";
import { columnName } from "../jobs/job-fields.ts";
import { parseJobRequest } from "../jobs/job-request.ts";
import { readBodyText } from "../json-body.ts";
import type { ProtectedEndpoint } from "../protect.ts";
import { findPeriodStart } from "../schedule/periods.ts";
import type { Storage } from "../storage/storage.ts";
import type { EngineReads } from "../variables/engine-reads.ts";

export type PreviewParts = {
  readonly storage: Pick<Storage, "findProjectSettings">;
  readonly dataSource: DataSource;
  readonly readEngine: EngineReads;
  readonly nowSeconds: () => number;
};

const rowLimit = 10;

/** POST /v1/administration/preview: a few rows of what a job would export. */
export function createPreviewEndpoint(parts: PreviewParts): ProtectedEndpoint {
  const { storage, readEngine, nowSeconds } = parts;
  return async (request, token) => {
    // Read
    const text = readBodyText(request);
    if (isRefusal(text)) return text;
    const asked = parseJobRequest(text, nowSeconds());
    if (isRefusal(asked)) return asked;

    // Act
    const projectId = token.project_id;
    const { timeZone } = await storage.findProjectSettings(projectId);
    const { period, files } = await findData(parts, asked, { projectId, timeZone });
    const { scope, fields, deviceLabel, segmentId } = asked;
    const selection = { projectId, scope, fields, period, deviceLabel, segmentId };
    const empty = { columns: fields.map(columnName), rows: [] };
    const preview =
      files.length === 0 ? empty : await readEngine(projectId, { kind: "preview", selection, files, limit: rowLimit });
    if (isRefusal(preview)) return preview;

    // Answer
    const dateRange = { from: formatInstant(period.from), to: formatInstant(period.to) };
    const log = { clientId: token.client_id, projectId, count: preview.rows.length };
    return { status: 200, body: { success: true, payload: { ...preview, dateRange } }, log };
  };
}

type Place = { readonly projectId: number; readonly timeZone: string };
type PeriodData = Pick<FoundData, "files"> & { readonly period: DateRange };

/** Of a range, or of the last whole period that has any file; without one, the last whole period. */
async function findData(
  { dataSource, nowSeconds }: PreviewParts,
  { scope, frequency }: JobRequest,
  { projectId, timeZone }: Place,
): Promise<PeriodData> {
  const periods = listPeriods(frequency, timeZone, nowSeconds());
  for (const period of periods) {
    const { files } = await dataSource.find({ projectId, scope, period });
    if (files.length > 0) return { period, files };
  }
  return { period: periods[0], files: [] };
}

/** How far back a preview looks for data. */
const periodsBack = { daily: 31, hourly: 48 } as const;

/** The range, or whole periods, the last one first. */
function listPeriods(
  frequency: Frequency,
  timeZone: string,
  nowSeconds: number,
): readonly [DateRange, ...(readonly DateRange[])] {
  if (frequency.value === "once") return [frequency.dateRange];
  const schedule = { frequency: frequency.value, timeZone };
  const findBefore = (to: number): DateRange => ({ from: findPeriodStart(to - 1, schedule), to });
  const last = findBefore(findPeriodStart(Math.floor(nowSeconds * 1000), schedule));
  const earlier: DateRange[] = [];
  for (let { from } = last; earlier.length < periodsBack[frequency.value] - 1; ) {
    const period = findBefore(from);
    earlier.push(period);
    from = period.from;
  }
  return [last, ...earlier];
}
