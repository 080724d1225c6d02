import type { Overview } from "@biped/management-client";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

type CountsProps = { readonly counts: Overview["counts"]; readonly accountId: number | undefined };

export function Counts({ counts, accountId }: CountsProps) {
  return accountId === undefined ? <CountsOfAll counts={counts} /> : <CountsOfOne counts={counts} id={accountId} />;
}

/** Projects and credentials are found account by account: the list of accounts counts them, and leads on. */
function CountsOfAll({ counts }: Pick<CountsProps, "counts">) {
  return (
    <dl className="counts">
      <Count title={<Link to="/accounts">Accounts</Link>} count={counts.accounts} />
      <Count title={<Link to="/accounts">Projects{byAccount}</Link>} count={counts.projects} />
      <Count title={<Link to="/accounts">Credentials{byAccount}</Link>} count={counts.credentials} />
    </dl>
  );
}

const byAccount = <span className="visually-hidden"> by account</span>;

function CountsOfOne({ counts, id }: Pick<CountsProps, "counts"> & { readonly id: number }) {
  const params = { accountId: id };
  const projects = (
    <Link to="/accounts/$accountId" params={params}>
      Projects
    </Link>
  );
  const credentials = (
    <Link to="/accounts/$accountId/credentials" params={params} search={{ level: "all" }}>
      Credentials
    </Link>
  );
  return (
    <dl className="counts">
      <Count title={projects} count={counts.projects} />
      <Count title={credentials} count={counts.credentials} />
    </dl>
  );
}

const format = new Intl.NumberFormat("en-GB");

function Count({ title, count }: { readonly title: ReactNode; readonly count: number }) {
  return (
    <div className="counts__one">
      <dt>{title}</dt>
      <dd>{format.format(count)}</dd>
    </div>
  );
}
