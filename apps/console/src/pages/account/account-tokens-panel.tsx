import type { Account } from "@biped/management-client";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { Button } from "../../design/button.tsx";
import { Panel } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";

const ConfirmTakingBack = lazyPart(() =>
  import("../revocations/confirm-taking-back.tsx").then((module) => module.ConfirmTakingBack),
);

/** For platform owners. */
export function AccountTokensPanel({ account: { id: accountId, name } }: { readonly account: Account }) {
  const [isAsking, setAsking] = useState(false);
  const action = useAction("POST /api/accounts/:accountId/revocation");
  const close = (): void => {
    setAsking(false);
    action.reset();
  };
  return (
    <Panel
      title="Take back all tokens"
      text="All that were issued for the account so far are refused within ten seconds. Its secrets stay good."
    >
      <Button onClick={() => setAsking(true)}>Take back all tokens</Button>
      {isAsking && (
        <ConfirmTakingBack
          of="account"
          name={name}
          action={action}
          onTakeBack={() => action.run({ params: { accountId }, body: {} })}
          onClose={close}
        />
      )}
    </Panel>
  );
}
