import type { ExportPreview, NewExportJob } from "@biped/management-client";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { Button } from "../../design/button.tsx";
import { Callout, FailureCallout } from "../../design/callout.tsx";
import { Panel } from "../../design/layout.tsx";
import { TableSkeleton } from "../../design/states.tsx";
import { formatCell } from "./cell-text.ts";
import { type JobDraft, readDraft } from "./job-draft.ts";
import { tellFailure } from "./refused-member.ts";
import { formatPeriod } from "./zone-days.ts";
import "./project-exports.css";

type PreviewPanelProps = { readonly projectId: number; readonly draft: JobDraft; readonly timeZone: string };

type Shown = { readonly preview: ExportPreview; readonly of: string };

export function PreviewPanel({ projectId, draft, timeZone }: PreviewPanelProps) {
  const action = useAction("POST /api/projects/:projectId/export-preview", { changes: "nothing" });
  const [shown, setShown] = useState<Shown | undefined>(undefined);
  // Rows do not depend on the name, which may be missing yet.
  const job = readDraft({ ...draft, name: "Preview" }, timeZone);
  const show = async (asked: NewExportJob): Promise<void> => {
    const done = await action.run({ params: { projectId }, body: asked });
    setShown(done === undefined ? undefined : { preview: done.answer, of: JSON.stringify(asked) });
  };
  const button = (
    <Button
      isLoading={action.isRunning}
      isDisabled={job === undefined}
      onClick={() => void (job !== undefined && show(job))}
    >
      {shown === undefined ? "Show ten rows" : "Show them again"}
    </Button>
  );
  return (
    <Panel
      title="Preview"
      text="The first rows, as the job would export them. Each look is noted in the audit log."
      actions={button}
    >
      {action.isRunning && shown === undefined && <TableSkeleton columns={4} rows={4} />}
      {action.failure !== undefined && <FailureCallout failure={tellFailure(action.failure)} />}
      {shown !== undefined && (
        <div className="stack">
          {shown.of !== JSON.stringify(job) && (
            <Callout kind="warning">The job has changed since. Show the rows again.</Callout>
          )}
          <Rows preview={shown.preview} timeZone={timeZone} />
        </div>
      )}
    </Panel>
  );
}

type RowsProps = { readonly preview: ExportPreview; readonly timeZone: string };

function Rows({ preview: { columns, rows, dateRange }, timeZone }: RowsProps) {
  const period = formatPeriod(dateRange, timeZone);
  if (rows.length === 0) return <p role="status">No row of {period} is of these visits.</p>;
  return (
    <>
      <p className="muted" role="status">
        {rows.length} {rows.length === 1 ? "row" : "rows"} of {period}.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: What scrolls can be scrolled by keyboard. */}
      <section className="preview" tabIndex={0} aria-label="Rows of the preview">
        <table className="preview__table">
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: Rows are shown as they came, and never move.
              <tr key={index}>
                {columns.map((column, place) => (
                  <Cell key={column} value={row[place]} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function Cell({ value }: { readonly value: unknown }) {
  const { text, isAbsent } = formatCell(value);
  return (
    <td>
      <span className={isAbsent ? "preview__absent" : "preview__value"}>{text}</span>
    </td>
  );
}
