import type { AccessToken } from "@biped/management-client";
import { useState } from "react";
import { useOperation } from "../../api/queries.ts";
import { Button } from "../../design/button.tsx";
import { Panel } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";
import { ErrorState, Skeleton } from "../../design/states.tsx";
import { TimeOr, TimeText } from "../../design/time-text.tsx";
import { useAccountNames } from "../account-names/use-account-names.ts";
import { OwnList } from "./own-list.tsx";
import { formatScopes } from "./token-scopes.ts";

const CreateTokenDialog = lazyPart(() =>
  import("./create-token-dialog.tsx").then((module) => module.CreateTokenDialog),
);
const EndTokenDialog = lazyPart(() => import("./end-token-dialog.tsx").then((module) => module.EndTokenDialog));

export function AccessTokensPanel() {
  const { data, error, refetch } = useOperation("GET /api/access-tokens", {});
  const [open, setOpen] = useState<"create" | AccessToken | undefined>(undefined);
  const close = (): void => setOpen(undefined);
  return (
    <Panel
      title="Access tokens"
      text="For the command biped admin and for automation. A token acts for you, and may do less than you."
      actions={
        <Button icon="plus" onClick={() => setOpen("create")}>
          Create token
        </Button>
      }
    >
      {error !== null && <ErrorState error={error} onRetry={() => void refetch()} />}
      {error === null && data === undefined && <Skeleton width="16rem" />}
      {data !== undefined && <TokenList tokens={data.items} onEnd={setOpen} />}
      {open === "create" && <CreateTokenDialog onClose={close} />}
      {typeof open === "object" && <EndTokenDialog token={open} onClose={close} />}
    </Panel>
  );
}

type TokenListProps = {
  readonly tokens: readonly AccessToken[];
  readonly onEnd: (token: AccessToken) => void;
};

function TokenList({ tokens, onEnd }: TokenListProps) {
  const { accounts } = useAccountNames();
  if (tokens.length === 0) return <p className="muted">You have none.</p>;
  const findAccount = (accountId: number | null): string => {
    if (accountId === null) return "in every account of yours";
    return `in ${accounts.find(({ id }) => id === accountId)?.name ?? `account ${accountId}`}`;
  };
  return (
    <OwnList
      label="Access tokens"
      items={tokens.map((token) => ({
        id: token.id,
        title: token.name,
        text: (
          <>
            It {formatScopes(token.scopes)}, {findAccount(token.accountId)}.
            <br />
            Ends <TimeText instant={token.expiresAt} />, last used{" "}
            <TimeOr instant={token.lastUsedAt} otherwise="never" />
          </>
        ),
        action: (
          <Button size="small" onClick={() => onEnd(token)}>
            End<span className="visually-hidden"> the token {token.name}</span>
          </Button>
        ),
      }))}
    />
  );
}
