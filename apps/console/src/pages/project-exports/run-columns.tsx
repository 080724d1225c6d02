import type { ExportRun } from "@biped/management-client";
import { StateBadge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import type { Column } from "../../design/table.tsx";
import { TimeText, useNowMs } from "../../design/time-text.tsx";
import { formatBytes, formatCount, formatDuration } from "./amounts.ts";
import { hasBegun, nameRunState } from "./job-words.ts";
import { formatPeriod } from "./zone-days.ts";
import "./project-exports.css";

type ColumnOptions = {
  readonly timeZone: string;
  /** Not while the job is paused, nor when it is deleted or over. */
  readonly mayBegin: boolean;
  /** Undefined for who may not see them. */
  readonly onOpenFiles: ((run: ExportRun) => void) | undefined;
};

export function createRunColumns({ timeZone, mayBegin, onOpenFiles }: ColumnOptions): readonly Column<ExportRun>[] {
  return [
    {
      id: "period",
      title: "Period",
      isTitle: true,
      cell: (run) => (
        <>
          {formatPeriod(run.dateRange, timeZone)}
          {run.failureReason !== null && <FailureReason run={run} reason={run.failureReason} />}
        </>
      ),
    },
    { id: "state", title: "State", cell: (run) => <RunState run={run} /> },
    { id: "start", title: "Start", cell: (run) => <Start run={run} mayBegin={mayBegin} /> },
    { id: "duration", title: "Took", align: "end", cell: (run) => <Duration run={run} /> },
    { id: "rows", title: "Rows", align: "end", cell: ({ rowCount }) => tell(rowCount, formatCount) },
    { id: "size", title: "Size", align: "end", cell: ({ byteCount }) => tell(byteCount, formatBytes) },
    {
      id: "files",
      title: "Files",
      align: "end",
      cell: (run) => <Files run={run} timeZone={timeZone} onOpen={onOpenFiles} />,
    },
  ];
}

const nothing = <span className="muted">–</span>;

function tell(value: number | null, format: (value: number) => string) {
  return value === null ? nothing : <span className="run-figure">{format(value)}</span>;
}

function RunState({ run }: { readonly run: ExportRun }) {
  return (
    <span className={run.state === "RUNNING" ? "run-state run-state--running" : "run-state"}>
      <StateBadge state={nameRunState(run)} />
    </span>
  );
}

function FailureReason({ run: { state, attempts }, reason }: { readonly run: ExportRun; readonly reason: string }) {
  const which = state === "FAILURE" && attempts === 1 ? "Why it failed" : `Why attempt ${attempts} failed`;
  return (
    <span className="run-reason">
      <span className="visually-hidden">{which}: </span>
      {reason}
      {attempts > 1 && <span className="table__below">{attempts} attempts</span>}
    </span>
  );
}

/** Before a run has begun, the service tells when it will at the earliest. */
function Start({ run, mayBegin }: { readonly run: ExportRun } & Pick<ColumnOptions, "mayBegin">) {
  if (hasBegun(run)) return <TimeText instant={run.startDate} />;
  if (!mayBegin) return nothing;
  return <span className="muted">{run.state === "CREATED" ? <TimeText instant={run.startDate} /> : "not yet"}</span>;
}

function Duration({ run: { state, startDate, endDate } }: { readonly run: ExportRun }) {
  const nowMs = useNowMs();
  const startedMs = Date.parse(startDate);
  if (endDate !== null) return formatDuration(Date.parse(endDate) - startedMs);
  return state === "RUNNING" ? `${formatDuration(Math.max(0, nowMs - startedMs))} so far` : nothing;
}

type FilesProps = {
  readonly run: ExportRun;
  readonly timeZone: string;
  readonly onOpen: ColumnOptions["onOpenFiles"];
};

function Files({ run, timeZone, onOpen }: FilesProps) {
  const { fileCount } = run;
  if (fileCount === null || fileCount === 0 || onOpen === undefined) return tell(fileCount, formatCount);
  const words = fileCount === 1 ? "1 file" : `${formatCount(fileCount)} files`;
  return (
    <Button
      size="small"
      aria-label={`${words} of ${formatPeriod(run.dateRange, timeZone)}`}
      onClick={() => onOpen(run)}
    >
      {words}
    </Button>
  );
}
