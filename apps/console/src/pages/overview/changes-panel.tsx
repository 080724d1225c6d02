import type { AuditEventView } from "@biped/management-client";
import { Link } from "@tanstack/react-router";
import { useOperation } from "../../api/queries.ts";
import { formatButtonClass } from "../../design/button.tsx";
import { Panel } from "../../design/layout.tsx";
import { TimeText } from "../../design/time-text.tsx";
import { type Change, describeChange } from "./describe-change.ts";

type ChangesPanelProps = { readonly changes: readonly AuditEventView[]; readonly accountId: number | undefined };

export function ChangesPanel({ changes, accountId }: ChangesPanelProps) {
  const all = (
    <Link to="/audit-log" search={{ accountId }} className={formatButtonClass({ size: "small" })}>
      Audit log
    </Link>
  );
  return (
    <Panel title="Last changes" actions={all}>
      {changes.length === 0 ? (
        <p>Nothing was changed yet.</p>
      ) : (
        <ol className="changes">
          {changes.map((event) => (
            <li key={event.sequence} className="changes__one">
              <ChangeText change={describeChange(event)} />
              <span className="muted">
                <TimeText instant={event.at} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

function ChangeText({ change: { who, did, what, isNamed, link } }: { readonly change: Change }) {
  const isLookedUp = !isNamed && link?.kind === "credential";
  return (
    <span className="changes__text">
      {who} {did} {isLookedUp ? <Named link={link} /> : <Linked link={link} text={what} />}
    </span>
  );
}

/** Where the event holds the id alone. What is gone meanwhile keeps the id, and has no page. */
function Named({ link }: { readonly link: Extract<Change["link"], { kind: "credential" }> }) {
  const { clientId } = link;
  const { data, isError } = useOperation("GET /api/credentials/:clientId", { params: { clientId } });
  if (isError) return <span className="mono">{clientId}</span>;
  return <Linked link={link} text={data === undefined ? clientId : `“${data.name}”`} />;
}

function Linked({ link, text }: { readonly link: Change["link"]; readonly text: string }) {
  if (link === undefined || text === "") return text;
  if (link.kind === "account") {
    return (
      <Link to="/accounts/$accountId" params={{ accountId: link.accountId }}>
        {text}
      </Link>
    );
  }
  if (link.kind === "project") {
    return (
      <Link to="/projects/$projectId" params={{ projectId: link.projectId }}>
        {text}
      </Link>
    );
  }
  return (
    <Link to="/credentials/$clientId" params={{ clientId: link.clientId }}>
      {text}
    </Link>
  );
}
