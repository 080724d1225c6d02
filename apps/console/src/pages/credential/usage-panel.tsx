import { getRouteApi } from "@tanstack/react-router";
import { useOperation } from "../../api/queries.ts";
import { FilterSelect } from "../../design/filter-select.tsx";
import { Panel } from "../../design/layout.tsx";
import { EmptyState, ErrorState, TableSkeleton } from "../../design/states.tsx";
import { createUtcDayBars, describeGaps, describeUsage, sumUsage, type UsageBucket } from "../usage/usage-bars.ts";
import { UsageChart } from "../usage/usage-chart.tsx";

const route = getRouteApi("/signed-in/credentials/$clientId");
const periods = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
] as const;

export function UsagePanel({ clientId }: { readonly clientId: string }) {
  const { days = "30" } = route.useSearch();
  const navigate = route.useNavigate();
  const period = (
    <FilterSelect
      label="Period"
      options={periods}
      value={days}
      onChange={(next) =>
        void navigate({ search: { days: next === "90" ? next : undefined }, replace: true, resetScroll: false })
      }
    />
  );
  return (
    <Panel title="Use" text="Tokens and refusals by day, in UTC." actions={period}>
      <Usage clientId={clientId} days={Number(days)} />
    </Panel>
  );
}

function Usage({ clientId, days }: { readonly clientId: string; readonly days: number }) {
  const { data, error, refetch } = useOperation("GET /api/credentials/:clientId/usage", {
    params: { clientId },
    query: { days },
  });
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <TableSkeleton columns={1} rows={4} />;
  const gaps = describeGaps(data.gaps);
  return (
    <>
      <Counts items={data.items} days={days} />
      {gaps !== undefined && <p className="muted">{gaps}</p>}
    </>
  );
}

function Counts({ items, days }: { readonly items: readonly UsageBucket[]; readonly days: number }) {
  const sum = sumUsage(items);
  if (sum.tokens + sum.refusals === 0) {
    return (
      <EmptyState icon="overview" title="Not used in this time">
        Each token that it gets, and each request that is refused, is counted here within a minute.
      </EmptyState>
    );
  }
  return <UsageChart label={describeUsage(sum, days)} bars={createUtcDayBars(items)} />;
}
