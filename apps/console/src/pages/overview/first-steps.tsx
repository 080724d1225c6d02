import type { Overview } from "@biped/management-client";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { isPlatformOwner } from "../../api/permissions.ts";
import { useOperation } from "../../api/queries.ts";
import { useSession } from "../../api/session.ts";
import { formatButtonClass } from "../../design/button.tsx";
import { joinClassNames } from "../../design/class-names.ts";
import { Icon } from "../../design/icon.tsx";
import { Panel } from "../../design/layout.tsx";
import { findFirstOpenStep } from "./first-open-step.ts";

type FirstStepsProps = { readonly counts: Overview["counts"]; readonly accountId: number | undefined };

/** A fresh installation: what comes after what, until there is a first credential. */
export function FirstSteps({ counts, accountId }: FirstStepsProps) {
  const { administrator } = useSession();
  const clouds = useOperation("GET /api/clouds", {});
  const accounts = useOperation("GET /api/accounts", { query: { limit: 1, sort: "id" } });
  const account = accountId ?? accounts.data?.items[0]?.id;
  if (clouds.data === undefined || accounts.data === undefined) return null;
  if (account === undefined && !isPlatformOwner(administrator)) return <NoAccount />;
  const open = findFirstOpenStep({ ...counts, clouds: clouds.data.items.length });
  const steps = listSteps(account);
  return (
    <Panel title="First steps" text="Four of them, and a program can get its first token.">
      <ol className="first-steps">
        {steps.map(({ title, text, link }, index) => (
          <li key={title} className={joinClassNames("first-steps__one", index < open && "first-steps__one--done")}>
            <span className="stepper__mark">{index < open ? <Icon name="check" size={12} /> : index + 1}</span>
            <div>
              <h3>
                {title}
                {index < open && <span className="visually-hidden"> (done)</span>}
              </h3>
              <p className="muted">{text}</p>
            </div>
            {index === open && link}
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function NoAccount() {
  return (
    <Panel title="No account yet">
      <p>You have a role in no account so far. Ask whoever invited you to give you one.</p>
    </Panel>
  );
}

type Step = { readonly title: string; readonly text: string; readonly link: ReactNode };

const look = formatButtonClass({ kind: "primary", size: "small" });

const cloudStep: Step = {
  title: "Create a cloud",
  text: "Where your APIs run: a name, and the base URL to which programs are sent.",
  link: (
    <Link to="/clouds" className={look}>
      To the clouds
    </Link>
  ),
};

const accountStep: Step = {
  title: "Create an account",
  text: "One for each customer.",
  link: (
    <Link to="/accounts" className={look}>
      To the accounts
    </Link>
  ),
};

/** @param accountId Without an account, the first two steps are not done, and no link of the others is shown. */
function listSteps(accountId: number | undefined): readonly Step[] {
  const params = { accountId: accountId ?? 0 };
  const projects = (
    <Link to="/accounts/$accountId" params={params} className={look}>
      To the projects
    </Link>
  );
  const credentials = (
    <Link to="/accounts/$accountId/credentials" params={params} className={look}>
      To the credentials
    </Link>
  );
  const projectText = "What the customer's data belongs to. It lives on one cloud, and a token is for one project.";
  return [
    cloudStep,
    accountStep,
    { title: "Create a project", text: projectText, link: projects },
    {
      title: "Create a credential",
      text: "A client id and a secret, with which a program gets tokens.",
      link: credentials,
    },
  ];
}
