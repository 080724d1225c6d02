import { PageHeader } from "../../design/layout.tsx";
import { usePageTitle } from "../../shell/page-title.ts";

export function SigningKeysPage() {
  usePageTitle("Signing keys");
  return <PageHeader title="Signing keys" text="They sign access tokens, and rotate by themselves." />;
}
