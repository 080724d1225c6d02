import type { Account } from "@biped/management-client";
import { getRouteApi } from "@tanstack/react-router";
import { isPlatformOwner, mayActAs } from "../../api/permissions.ts";
import { useOperation } from "../../api/queries.ts";
import { useSession } from "../../api/session.ts";
import { StateBadge } from "../../design/badge.tsx";
import { DefinitionList, Panel } from "../../design/layout.tsx";
import { ErrorState, TableSkeleton } from "../../design/states.tsx";
import { TimeText } from "../../design/time-text.tsx";
import { AccountNamePanel } from "./account-name-panel.tsx";
import { AccountStatePanel } from "./account-state-panel.tsx";
import { AccountTokensPanel } from "./account-tokens-panel.tsx";
import { formatLimit } from "./lifetime-limit.ts";
import { LifetimeLimitPanel } from "./lifetime-limit-panel.tsx";

const route = getRouteApi("/signed-in/accounts/$accountId/settings");

export function SettingsTab() {
  const { accountId } = route.useParams();
  const { data, error, refetch } = useOperation("GET /api/accounts/:accountId", { params: { accountId } });
  const isForPlatform = isPlatformOwner(useSession().administrator);
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <TableSkeleton columns={2} rows={3} />;
  if (!mayActAs(data.role, "owner")) return <Facts account={data} />;
  return (
    <div className="stack account-page__settings">
      {/* What was entered for one account is not for the next. */}
      <AccountNamePanel key={`name ${data.id}`} account={data} />
      <LifetimeLimitPanel key={`limit ${data.id}`} account={data} />
      {isForPlatform && <AccountTokensPanel key={`tokens ${data.id}`} account={data} />}
      {isForPlatform && <AccountStatePanel account={data} />}
    </div>
  );
}

/** For who may look, and change nothing. */
function Facts({ account }: { readonly account: Account }) {
  return (
    <div className="account-page__settings">
      <Panel title="Settings" text="An owner of the account can change them.">
        <DefinitionList
          items={[
            { term: "Name", value: account.name },
            { term: "Credentials live", value: formatLimit(account.credentialLifetimeLimitDays) },
            { term: "State", value: <StateBadge state={account.state} /> },
            { term: "Created", value: <TimeText instant={account.createdAt} /> },
          ]}
        />
      </Panel>
    </div>
  );
}
