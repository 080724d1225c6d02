import "./account-page.css";
import { getRouteApi, Link, Outlet } from "@tanstack/react-router";
import { isPageLost } from "../../api/lost-page.ts";
import { useOperation } from "../../api/queries.ts";
import { Badge, StateBadge } from "../../design/badge.tsx";
import { PageHeader } from "../../design/layout.tsx";
import { Skeleton } from "../../design/states.tsx";
import { TabLinks } from "../../design/tabs.tsx";
import { usePageTitle } from "../../shell/page-title.ts";
import { PageFailure } from "../not-found/page-failure.tsx";

const route = getRouteApi("/signed-in/accounts/$accountId");

/** The exemplary detail: head and tabs here, each tab a page of its own with its own address. */
export function AccountPage() {
  const { accountId } = route.useParams();
  const { data: account, error, refetch } = useOperation("GET /api/accounts/:accountId", { params: { accountId } });
  usePageTitle(account?.name);
  if (isPageLost(error, account)) return <PageFailure error={error} onRetry={() => void refetch()} />;
  const breadcrumbs = [
    <Link key="accounts" to="/accounts">
      Accounts
    </Link>,
  ];
  return (
    <>
      {account === undefined ? (
        <div className="account-page__skeleton">
          <h1 className="visually-hidden">Account</h1>
          <Skeleton width="6rem" />
          <Skeleton width="16rem" />
        </div>
      ) : (
        <PageHeader
          breadcrumbs={breadcrumbs}
          title={account.name}
          badges={
            <>
              <StateBadge state={account.state} />
              <Badge>You: {account.role}</Badge>
            </>
          }
          text={`Account ${account.id}`}
        />
      )}
      <AccountTabs accountId={accountId} />
      <div className="account-page__tab">
        <Outlet />
      </div>
    </>
  );
}

const tabs = [
  { to: "/accounts/$accountId", title: "Projects" },
  { to: "/accounts/$accountId/credentials", title: "Credentials" },
  { to: "/accounts/$accountId/members", title: "Members" },
  { to: "/accounts/$accountId/settings", title: "Settings" },
] as const;

function AccountTabs({ accountId }: { readonly accountId: number }) {
  return (
    <TabLinks label="Parts of the account">
      {tabs.map(({ to, title }) => (
        <Link
          key={to}
          to={to}
          params={{ accountId }}
          className="tabs__tab"
          activeOptions={{ exact: true, includeSearch: false }}
          activeProps={{ "aria-current": "page" }}
        >
          {title}
        </Link>
      ))}
    </TabLinks>
  );
}
