import { PageHeader } from "../../design/layout.tsx";
import { usePageTitle } from "../../shell/page-title.ts";

export function AdministratorsPage() {
  usePageTitle("Administrators");
  return <PageHeader title="Administrators" text="Who may sign in here, and what they may do." />;
}
