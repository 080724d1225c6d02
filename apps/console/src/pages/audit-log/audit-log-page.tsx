import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { isPlatformOwner } from "../../api/permissions.ts";
import { useList } from "../../api/queries.ts";
import { useSession } from "../../api/session.ts";
import { Button, formatButtonClass } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { PageHeader } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";
import { ListFrame } from "../../design/list-view.tsx";
import { EmptyState } from "../../design/states.tsx";
import type { AuditSearch } from "../../search-parameters.ts";
import { usePageTitle } from "../../shell/page-title.ts";
import { formatExportUrl, isFiltered } from "./audit-filter-values.ts";
import { AuditFilters } from "./audit-filters.tsx";
import { EventDays } from "./event-days.tsx";
import "./audit-log.css";

const route = getRouteApi("/signed-in/audit-log");
const VerifyDialog = lazyPart(() => import("./verify-dialog.tsx").then((module) => module.VerifyDialog));

export function AuditLogPage() {
  usePageTitle("Audit log");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [isVerifying, setVerifying] = useState(false);
  const mayVerify = isPlatformOwner(useSession().administrator);
  const filter = (change: AuditSearch): void =>
    void navigate({ search: (former) => ({ ...former, ...change }), replace: true });
  return (
    <>
      <PageHeader
        title="Audit log"
        text="Every change: by whom, when, from where, and what was before."
        actions={
          <>
            <ExportLink search={search} format="csv" title="CSV" />
            <ExportLink search={search} format="jsonl" title="JSON lines" />
            {mayVerify && (
              <Button icon="signing-key" onClick={() => setVerifying(true)}>
                Verify the chain
              </Button>
            )}
          </>
        }
      />
      <AuditFilters search={search} onFilter={filter} onClear={() => void navigate({ search: {}, replace: true })} />
      <EventList search={search} />
      {isVerifying && <VerifyDialog onClose={() => setVerifying(false)} />}
    </>
  );
}

type ExportLinkProps = {
  readonly search: AuditSearch;
  readonly format: "csv" | "jsonl";
  readonly title: string;
};

/** A plain link: however long the log is, the browser writes it to the disk as it comes. */
function ExportLink({ search, format, title }: ExportLinkProps) {
  return (
    <a className={formatButtonClass()} href={formatExportUrl(search, format)} download>
      <Icon name="download" />
      <span className="visually-hidden">Export as </span>
      {title}
    </a>
  );
}

function EventList({ search }: { readonly search: AuditSearch }) {
  const list = useList("GET /api/audit-events", (cursor) => ({ query: { ...search, cursor } }));
  return (
    <ListFrame list={list} noun="event" skeleton={{ columns: 2, rows: 8 }} empty={<NoEvents search={search} />}>
      {(events) => <EventDays events={events} />}
    </ListFrame>
  );
}

function NoEvents({ search }: { readonly search: AuditSearch }) {
  return isFiltered(search) ? (
    <EmptyState icon="search" title="No such event">
      Nothing that you may see fits all of the filters. Take one away, or widen the days.
    </EmptyState>
  ) : (
    <EmptyState icon="audit-log" title="No events yet">
      Each change in your accounts is told here from now on: by whom, when, from where, and what was before.
    </EmptyState>
  );
}
