import { PageHeader } from "../../design/layout.tsx";
import { usePageTitle } from "../../shell/page-title.ts";

export function CredentialPage() {
  usePageTitle("Credential");
  return <PageHeader title="Credential" text="A client id with one or two live secrets." />;
}
