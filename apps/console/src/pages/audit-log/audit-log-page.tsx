import { PageHeader } from "../../design/layout.tsx";
import { usePageTitle } from "../../shell/page-title.ts";

export function AuditLogPage() {
  usePageTitle("Audit log");
  return <PageHeader title="Audit log" text="Who changed what, and when; chained so that a tampering shows." />;
}
