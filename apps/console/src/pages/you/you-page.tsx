import { PageHeader } from "../../design/layout.tsx";
import { usePageTitle } from "../../shell/page-title.ts";

export function YouPage() {
  usePageTitle("Your account");
  return <PageHeader title="Your account" text="Password, passkeys, authenticator app, sessions and access tokens." />;
}
