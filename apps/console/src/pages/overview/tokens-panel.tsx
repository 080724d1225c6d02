import { getRouteApi } from "@tanstack/react-router";
import { FilterSelect } from "../../design/filter-select.tsx";
import { Panel } from "../../design/layout.tsx";
import { EmptyState } from "../../design/states.tsx";
import { createDayBars, createHourBars, describeUsage, sumUsage, type UsageBucket } from "../usage/usage-bars.ts";
import { UsageChart } from "../usage/usage-chart.tsx";

const route = getRouteApi("/signed-in/");
const steps = [
  { value: "hour", label: "By hour" },
  { value: "day", label: "By day" },
] as const;

export function TokensPanel({ usage }: { readonly usage: readonly UsageBucket[] }) {
  const { by = "hour" } = route.useSearch();
  const navigate = route.useNavigate();
  const choice = (
    <FilterSelect
      label="Bars"
      options={steps}
      value={by}
      onChange={(next) =>
        void navigate({
          search: (former) => ({ ...former, by: next === "day" ? next : undefined }),
          replace: true,
          resetScroll: false,
        })
      }
    />
  );
  const sum = sumUsage(usage);
  return (
    <Panel title="Tokens" text="The last seven days, in your time zone." actions={choice}>
      {sum.tokens + sum.refusals === 0 ? (
        <EmptyState icon="overview" title="No tokens in the last seven days">
          When a program asks for a token, it is counted here within a minute.
        </EmptyState>
      ) : (
        <UsageChart label={describeUsage(sum, 7)} bars={by === "day" ? createDayBars(usage) : createHourBars(usage)} />
      )}
    </Panel>
  );
}
