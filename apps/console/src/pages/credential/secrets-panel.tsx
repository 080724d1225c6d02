import type { Credential, Secret } from "@biped/management-client";
import { useState } from "react";
import { Badge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { Panel } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { TimeText } from "../../design/time-text.tsx";
import { EndText } from "../credentials/end-text.tsx";
import { findLiveSecrets } from "./rotation.ts";
import { SecretUse } from "./secret-use.tsx";

const RetireDialog = lazyPart(() => import("./retire-dialog.tsx").then((module) => module.RetireDialog));

type SecretsPanelProps = { readonly credential: Credential; readonly mayChange: boolean };

export function SecretsPanel({ credential, mayChange }: SecretsPanelProps) {
  const [retiring, setRetiring] = useState<Secret | undefined>(undefined);
  const { secrets } = credential;
  return (
    <Panel title="Secrets" text="Two at most work at once. What they are is kept nowhere.">
      {secrets.length === 0 ? (
        <p>There is none: its programs get no tokens until you make a new one.</p>
      ) : (
        <Table
          label="Secrets"
          columns={mayChange ? [...columns, createRetireColumn(setRetiring)] : columns}
          rows={secrets}
          rowKey={({ id }) => id}
        />
      )}
      {retiring !== undefined && (
        <RetireDialog
          credential={credential}
          secret={retiring}
          isLast={findLiveSecrets(credential).length === 1}
          onClose={() => setRetiring(undefined)}
        />
      )}
    </Panel>
  );
}

const looks = { current: "success", former: "accent", expired: "neutral" } as const;
const words = { current: "newest", former: "former", expired: "ended" } as const;

const columns: readonly Column<Secret>[] = [
  {
    id: "state",
    title: "Secret",
    isTitle: true,
    cell: ({ id, state }) => (
      <>
        <Badge kind={looks[state]}>{words[state]}</Badge>
        <span className="table__below mono">{id.slice(0, 8)}</span>
      </>
    ),
  },
  { id: "created", title: "Made", cell: ({ createdAt }) => <TimeText instant={createdAt} /> },
  { id: "used", title: "Last use", cell: (secret) => <SecretUse secret={secret} /> },
  { id: "ends", title: "Ends", cell: ({ expiresAt }) => <EndText expiresAt={expiresAt} /> },
];

function createRetireColumn(onRetire: (secret: Secret) => void): Column<Secret> {
  return {
    id: "retire",
    title: "Change",
    align: "end",
    cell: (secret) =>
      secret.state !== "expired" && (
        <Button size="small" onClick={() => onRetire(secret)}>
          Retire
          <span className="visually-hidden"> the {words[secret.state]} secret</span>
        </Button>
      ),
  };
}
