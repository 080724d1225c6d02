import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { isPlatformOwner } from "../../api/permissions.ts";
import { useList } from "../../api/queries.ts";
import { useSession } from "../../api/session.ts";
import { Button } from "../../design/button.tsx";
import { PageHeader, Panel } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";
import { ListView } from "../../design/list-view.tsx";
import { EmptyState } from "../../design/states.tsx";
import { usePageTitle } from "../../shell/page-title.ts";
import { revocationColumns } from "./revocation-columns.tsx";

const RevokeTokenDialog = lazyPart(() =>
  import("./revoke-token-dialog.tsx").then((module) => module.RevokeTokenDialog),
);
const RevokeEverythingDialog = lazyPart(() =>
  import("./revoke-everything-dialog.tsx").then((module) => module.RevokeEverythingDialog),
);

/** What the guards are told now, and the two ways of taking tokens back that have no other page. */
export function RevocationsPage() {
  usePageTitle("Revocations");
  const [open, setOpen] = useState<"token" | "everything" | undefined>(undefined);
  const close = (): void => setOpen(undefined);
  const mayChange = isPlatformOwner(useSession().administrator);
  return (
    <>
      <PageHeader
        title="Revocations"
        text="Tokens that were taken back before they ended. Every guard that can reach this server refuses them within ten seconds."
        actions={mayChange && <Button onClick={() => setOpen("token")}>Take back one token</Button>}
      />
      <div className="stack stack--loose">
        <div>
          <RevocationList />
        </div>
        {mayChange && (
          <Panel
            title="Emergency"
            text="Tokens are in other hands, and nobody knows whose."
            actions={
              <Button icon="warning" onClick={() => setOpen("everything")}>
                Everything issued before…
              </Button>
            }
          >
            <p className="muted">
              Takes back every token of every account that was issued before a time. Secrets stay good, and programs get
              new tokens with them.
            </p>
          </Panel>
        )}
      </div>
      {open === "token" && <RevokeTokenDialog onClose={close} />}
      {open === "everything" && <RevokeEverythingDialog onClose={close} />}
    </>
  );
}

function RevocationList() {
  const list = useList("GET /api/revocations", (cursor) => ({ query: { cursor } }));
  return (
    <ListView
      label="Revocations"
      noun="revocation"
      list={list}
      columns={revocationColumns}
      rowKey={({ sequence }) => sequence}
      empty={
        <EmptyState icon="revocation" title="Nothing is taken back">
          Whatever takes tokens back is listed here for as long as one of them may live, a little over an hour. What was
          before that is in the <Link to="/audit-log">audit log</Link>.
        </EmptyState>
      }
    />
  );
}
