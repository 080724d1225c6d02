import type { Overview } from "@biped/management-client";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

type CountsProps = { readonly counts: Overview["counts"]; readonly accountId: number | undefined };

const format = new Intl.NumberFormat("en-GB");

export function Counts({ counts, accountId }: CountsProps) {
  return (
    <dl className="counts">
      {accountId === undefined && <Count title={<Link to="/accounts">Accounts</Link>} count={counts.accounts} />}
      <Count
        title={
          accountId === undefined ? (
            "Projects"
          ) : (
            <Link to="/accounts/$accountId" params={{ accountId }}>
              Projects
            </Link>
          )
        }
        count={counts.projects}
      />
      <Count
        title={
          accountId === undefined ? (
            "Credentials"
          ) : (
            <Link to="/accounts/$accountId/credentials" params={{ accountId }} search={{ level: "all" }}>
              Credentials
            </Link>
          )
        }
        count={counts.credentials}
      />
    </dl>
  );
}

function Count({ title, count }: { readonly title: ReactNode; readonly count: number }) {
  return (
    <div className="counts__one">
      <dt>{title}</dt>
      <dd>{format.format(count)}</dd>
    </div>
  );
}
