import { PageHeader } from "../../design/layout.tsx";
import { usePageTitle } from "../../shell/page-title.ts";

export function CloudsPage() {
  usePageTitle("Clouds");
  return <PageHeader title="Clouds" text="Where projects live: a provider and region, with one public base URL." />;
}
