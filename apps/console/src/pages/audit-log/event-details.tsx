import type { AuditEventView } from "@biped/management-client";
import { Link } from "@tanstack/react-router";
import { CopyButton } from "../../design/copy.tsx";
import { DefinitionList } from "../../design/layout.tsx";
import { formatExact, formatIso } from "../../design/time-format.ts";
import type { AuditSearch } from "../../search-parameters.ts";
import type { ChangeLink } from "../overview/describe-change.ts";
import { MemberChanges } from "./member-changes.tsx";

type EventDetailsProps = {
  readonly event: AuditEventView;
  readonly link: ChangeLink | undefined;
};

export function EventDetails({ event, link }: EventDetailsProps) {
  return (
    <>
      <MemberChanges before={event.before} after={event.after} />
      <DefinitionList items={listFacts(event, link)} />
    </>
  );
}

function listFacts(event: AuditEventView, link: ChangeLink | undefined) {
  const { at, actor, subject, action, accountId, source, requestId } = event;
  return [
    { term: "When", value: `${formatExact(at)} (${formatIso(at)})` },
    { term: "By", value: <Filtered text={actor} search={{ actor }} label="Only by them" /> },
    { term: "What", value: <Filtered text={action} search={{ action }} label="Only such" /> },
    {
      term: "To",
      value: (
        <>
          <Filtered text={subject} search={{ subject }} label="Only to this" />{" "}
          {link !== undefined && <Way link={link} />}
        </>
      ),
    },
    ...(accountId === null
      ? []
      : [{ term: "Account", value: <Filtered text={String(accountId)} search={{ accountId }} label="Only in it" /> }]),
    { term: "From", value: <Text text={source} otherwise="this server" /> },
    { term: "Request", value: <Text text={requestId} otherwise="none: a step that Biped took by itself" /> },
    { term: "Sequence", value: <span className="mono">{event.sequence}</span> },
    { term: "Hash", value: <Hash text={event.hash} /> },
  ];
}

function Text({ text, otherwise }: { readonly text: string | null; readonly otherwise: string }) {
  return text === null ? <span className="muted">{otherwise}</span> : <span className="mono">{text}</span>;
}

type FilteredProps = { readonly text: string; readonly search: AuditSearch; readonly label: string };

function Filtered({ text, search, label }: FilteredProps) {
  return (
    <>
      <span className="mono">{text}</span>{" "}
      <Link className="event__filter" to="/audit-log" search={(former) => ({ ...former, ...search })}>
        {label}
      </Link>
    </>
  );
}

function Way({ link }: { readonly link: ChangeLink }) {
  if (link.kind === "account") {
    return (
      <Link className="event__filter" to="/accounts/$accountId" params={{ accountId: link.accountId }}>
        Open the account
      </Link>
    );
  }
  if (link.kind === "project") {
    return (
      <Link className="event__filter" to="/projects/$projectId" params={{ projectId: link.projectId }}>
        Open the project
      </Link>
    );
  }
  return (
    <Link className="event__filter" to="/credentials/$clientId" params={{ clientId: link.clientId }}>
      Open the credential
    </Link>
  );
}

function Hash({ text }: { readonly text: string }) {
  return (
    <span className="event__hash">
      <span className="mono">{text}</span>
      <CopyButton text={text} what="hash" />
    </span>
  );
}
