import { PageHeader } from "../../design/layout.tsx";
import { usePageTitle } from "../../shell/page-title.ts";

export function ProjectPage() {
  usePageTitle("Project");
  return <PageHeader title="Project" text="One tenant of an account, living on exactly one cloud." />;
}
