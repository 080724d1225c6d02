import { useSession } from "../../api/session.ts";
import { Badge } from "../../design/badge.tsx";
import { Callout } from "../../design/callout.tsx";
import { DefinitionList, PageHeader, Panel } from "../../design/layout.tsx";
import { usePageTitle } from "../../shell/page-title.ts";
import { AccessTokensPanel } from "./access-tokens-panel.tsx";
import { PasskeysPanel } from "./passkeys-panel.tsx";
import { PasswordPanel } from "./password-panel.tsx";
import { RecoveryCodesPanel } from "./recovery-codes-panel.tsx";
import { SessionsPanel } from "./sessions-panel.tsx";
import { TotpPanel } from "./totp-panel.tsx";
import "./you-page.css";

export function YouPage() {
  usePageTitle("Your account");
  const { factors } = useSession();
  return (
    <>
      <PageHeader title="Your account" text="How you sign in, where you are signed in, and what acts for you." />
      <div className="you">
        <Person />
        {factors.hasPassword ? <OwnFactors /> : <ProviderNotice />}
        <SessionsPanel />
        <AccessTokensPanel />
      </div>
    </>
  );
}

function Person() {
  const { name, email, platformRole, memberships } = useSession().administrator;
  const roles = memberships.map(({ accountId, accountName, role }) => (
    <li key={accountId}>
      {role} of {accountName}
    </li>
  ));
  return (
    <Panel title="You">
      <DefinitionList
        items={[
          { term: "Name", value: name },
          { term: "E-mail address", value: email },
          {
            term: "Roles",
            value: (
              <ul>
                {platformRole !== null && (
                  <li>
                    <Badge kind="accent">platform owner</Badge>
                  </li>
                )}
                {roles}
                {platformRole === null && memberships.length === 0 && <li className="muted">none yet</li>}
              </ul>
            ),
          },
        ]}
      />
    </Panel>
  );
}

function OwnFactors() {
  return (
    <>
      <PasswordPanel />
      <SecondFactorNotice />
      <PasskeysPanel />
      <TotpPanel />
      <RecoveryCodesPanel />
    </>
  );
}

/** Who has no password here signs in elsewhere: the service refuses to keep factors for them. */
function ProviderNotice() {
  return (
    <Callout title="You sign in with your organisation’s provider">
      Password, passkeys and other factors are kept there, not here. To change them, or when a device is lost, go to the
      provider, or ask whoever runs it.
    </Callout>
  );
}

function SecondFactorNotice() {
  const { factors, isSandbox } = useSession();
  if (factors.hasTotp || factors.passkeys.length > 0 || !isSandbox) return null;
  return (
    <Callout title="This is a sandbox">
      A second factor is optional here, so that you can begin at once. Everywhere else administrators must have one: a
      passkey or an authenticator app.
    </Callout>
  );
}
