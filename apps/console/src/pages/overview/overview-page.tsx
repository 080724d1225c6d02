import type { Overview } from "@biped/management-client";
import { getRouteApi } from "@tanstack/react-router";
import { useOperation } from "../../api/queries.ts";
import { FilterSelect } from "../../design/filter-select.tsx";
import { PageHeader } from "../../design/layout.tsx";
import { ErrorState, Skeleton, TableSkeleton } from "../../design/states.tsx";
import { usePageTitle } from "../../shell/page-title.ts";
import { sumUsage } from "../usage/usage-bars.ts";
import { ChangesPanel } from "./changes-panel.tsx";
import { Counts } from "./counts.tsx";
import { ExpiringPanel } from "./expiring-panel.tsx";
import { FirstSteps } from "./first-steps.tsx";
import "./overview.css";
import { ReasonsPanel } from "./reasons-panel.tsx";
import { TokensPanel } from "./tokens-panel.tsx";

const route = getRouteApi("/signed-in/");

export function OverviewPage() {
  usePageTitle("Overview");
  return (
    <>
      <PageHeader
        title="Overview"
        text="Tokens, refusals, what ends soon, and the last changes."
        actions={<AccountFilter />}
      />
      <Sheets />
    </>
  );
}

/** Nobody with a single account needs it. */
function AccountFilter() {
  const { accountId } = route.useSearch();
  const navigate = route.useNavigate();
  const { data } = useOperation("GET /api/accounts", { query: { limit: 100, sort: "name" } });
  if (data === undefined || (data.items.length < 2 && accountId === undefined)) return null;
  const accounts = data.items.map(({ id, name }) => ({ value: String(id), label: name }));
  const isListed = accountId === undefined || accounts.some(({ value }) => value === String(accountId));
  const unlisted = isListed ? [] : [{ value: String(accountId), label: `Account ${accountId}` }];
  return (
    <FilterSelect
      label="Account"
      options={[{ value: "", label: "All accounts" }, ...unlisted, ...accounts]}
      value={accountId === undefined ? "" : String(accountId)}
      onChange={(value) =>
        void navigate({
          search: (former) => ({ ...former, accountId: value === "" ? undefined : Number(value) }),
          replace: true,
        })
      }
    />
  );
}

function Sheets() {
  const { accountId } = route.useSearch();
  const { data, error, refetch } = useOperation("GET /api/overview", { query: { accountId } });
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <OverviewSkeleton />;
  const isFresh = data.counts.credentials === 0;
  const sum = sumUsage(data.usage);
  return (
    <div className="stack">
      {isFresh && <FirstSteps counts={data.counts} accountId={accountId} />}
      <Counts counts={data.counts} accountId={accountId} />
      {(!isFresh || sum.tokens + sum.refusals > 0) && <Happenings overview={data} />}
      <ChangesPanel changes={data.changes} accountId={accountId} />
    </div>
  );
}

/** Of no use before there is a first credential. */
function Happenings({ overview: { usage, refusals, expiring } }: { readonly overview: Overview }) {
  return (
    <>
      <TokensPanel usage={usage} />
      <div className="overview-pair">
        <ReasonsPanel refusals={refusals} />
        <ExpiringPanel expiring={expiring} />
      </div>
    </>
  );
}

function OverviewSkeleton() {
  return (
    <div className="stack">
      <div className="counts">
        <Skeleton />
        <Skeleton />
        <Skeleton />
      </div>
      <TableSkeleton columns={1} rows={5} />
      <TableSkeleton columns={2} rows={4} />
    </div>
  );
}
