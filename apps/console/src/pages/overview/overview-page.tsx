import { PageHeader } from "../../design/layout.tsx";
import { usePageTitle } from "../../shell/page-title.ts";

export function OverviewPage() {
  usePageTitle("Overview");
  return <PageHeader title="Overview" text="Tokens, refusals, what ends soon, and the last changes." />;
}
