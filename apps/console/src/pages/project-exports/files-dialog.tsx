import type { ExportRun, ExportRunWithFiles } from "@biped/management-client";
import { useQuery } from "@tanstack/react-query";
import { readOperation } from "../../api/queries.ts";
import { Button, formatButtonClass } from "../../design/button.tsx";
import { Callout } from "../../design/callout.tsx";
import { CopyButton } from "../../design/copy.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { Icon } from "../../design/icon.tsx";
import { EmptyState, ErrorState, TableSkeleton } from "../../design/states.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { TimeText, useNowMs } from "../../design/time-text.tsx";
import { formatBytes } from "./amounts.ts";
import { formatPeriod } from "./zone-days.ts";

type FilesDialogProps = {
  readonly projectId: number;
  readonly run: ExportRun;
  readonly timeZone: string;
  readonly onClose: () => void;
};

export function FilesDialog({ projectId, run, timeZone, onClose }: FilesDialogProps) {
  const { data, error, isFetching, refetch } = useNewLinks(projectId, run);
  const nowMs = useNowMs();
  const [first] = data?.files ?? [];
  const haveEnded = first !== undefined && Date.parse(first.expirationDate) <= nowMs;
  return (
    <Dialog onClose={onClose} title={`Files of ${formatPeriod(run.dateRange, timeZone)}`} size="wide">
      <div className="dialog__body">
        {error !== null && <ErrorState error={error} onRetry={() => void refetch()} />}
        {data === undefined && error === null && <TableSkeleton columns={3} rows={run.fileCount ?? 1} />}
        {data !== undefined && <Parts run={data} haveEnded={haveEnded} />}
      </div>
      <div className="dialog__foot">
        {first !== undefined && (
          <Button
            kind={haveEnded ? "primary" : "secondary"}
            icon="rotate"
            isLoading={isFetching}
            onClick={() => void refetch()}
          >
            Get new links
          </Button>
        )}
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}

/** Each reading makes links and is written to the audit log: only whoever opens or asks has it read, and it is not kept. */
function useNewLinks(projectId: number, { jobId, jobRunId: runId }: ExportRun) {
  return useQuery({
    ...readOperation("GET /api/projects/:projectId/export-jobs/:jobId/runs/:runId", {
      params: { projectId, jobId, runId },
    }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

type Part = ExportRunWithFiles["files"][number];

type PartsProps = { readonly run: ExportRunWithFiles; readonly haveEnded: boolean };

function Parts({ run: { files }, haveEnded }: PartsProps) {
  const [first] = files;
  if (first === undefined) {
    return (
      <EmptyState icon="trash" title="The files have gone">
        Files are deleted when they are 7 days old. To have these rows again, create a job that runs once.
      </EmptyState>
    );
  }
  return (
    <>
      <div role="status">
        {haveEnded ? (
          <Callout kind="warning" title="These links have ended">
            Get new links to download the files.
          </Callout>
        ) : (
          <p className="muted">
            The links end <TimeText instant={first.expirationDate} />, the files{" "}
            <TimeText instant={first.fileExpirationDate} />. Whoever has a link can download its file: share it with
            care.
          </p>
        )}
      </div>
      <Table
        label="Files"
        rows={files}
        rowKey={({ partId }) => partId}
        columns={haveEnded ? partColumns : [...partColumns, linkColumn]}
      />
    </>
  );
}

const partColumns: readonly Column<Part>[] = [
  { id: "part", title: "Part", isTitle: true, cell: ({ partId }) => `Part ${partId}` },
  { id: "size", title: "Size", align: "end", cell: ({ byteCount }) => formatBytes(byteCount) },
];

const linkColumn: Column<Part> = {
  id: "link",
  title: "Link",
  isTitleHidden: true,
  align: "end",
  cell: ({ partId, url }) => (
    <span className="part-links">
      {/* An ordinary link: the browser's own download can be paused and resumed. */}
      <a href={url} rel="noreferrer" download className={formatButtonClass({ size: "small" })}>
        <Icon name="download" />
        Download <span className="visually-hidden">part {partId}</span>
      </a>
      <CopyButton text={url} what={`link to part ${partId}`} />
    </span>
  ),
};
