import { Link } from "@tanstack/react-router";
import { useOperation } from "../../api/queries.ts";
import { formatShortKid } from "../signing-keys/key-story.ts";
import type { TokenOwner } from "./tell-revocation.ts";

/** By name, with the way there. What is gone meanwhile keeps the id, and has no page. */
export function OwnerLink({ owner }: { readonly owner: TokenOwner | undefined }) {
  if (owner === undefined) return <strong>a credential</strong>;
  if (owner.kind === "everything") return <strong>every account</strong>;
  if (owner.kind === "account") return <AccountLink accountId={owner.accountId} />;
  if (owner.kind === "project") return <ProjectLink projectId={owner.projectId} />;
  if (owner.kind === "credential") return <CredentialLink clientId={owner.clientId} />;
  return (
    <Link className="table__link" to="/signing-keys">
      <span className="mono">{formatShortKid(owner.kid)}…</span>
    </Link>
  );
}

function AccountLink({ accountId }: { readonly accountId: number }) {
  const { data } = useOperation("GET /api/accounts/:accountId", { params: { accountId } });
  return (
    <Link className="table__link" to="/accounts/$accountId" params={{ accountId }}>
      {data?.name ?? `Account ${accountId}`}
    </Link>
  );
}

function ProjectLink({ projectId }: { readonly projectId: number }) {
  const { data } = useOperation("GET /api/projects/:projectId", { params: { projectId } });
  return (
    <Link className="table__link" to="/projects/$projectId" params={{ projectId }}>
      {data?.name ?? `Project ${projectId}`}
    </Link>
  );
}

function CredentialLink({ clientId }: { readonly clientId: string }) {
  const { data, isError } = useOperation("GET /api/credentials/:clientId", { params: { clientId } });
  if (isError) return <span className="mono">{clientId}</span>;
  return (
    <Link className="table__link" to="/credentials/$clientId" params={{ clientId }}>
      {data?.name ?? <span className="mono">{clientId}</span>}
    </Link>
  );
}
