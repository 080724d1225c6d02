import type { Account } from "@biped/management-client";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { Button } from "../../design/button.tsx";
import { ConfirmDialog } from "../../design/dialog.tsx";
import { Panel } from "../../design/layout.tsx";
import { showToast } from "../../design/toast.ts";
import { useShownFailure } from "../../design/use-shown-failure.ts";

/** For platform owners. */
export function AccountStatePanel({ account }: { readonly account: Account }) {
  return account.state === "enabled" ? <EnabledPanel account={account} /> : <DisabledPanel account={account} />;
}

function EnabledPanel({ account }: { readonly account: Account }) {
  const [isAsking, setAsking] = useState(false);
  return (
    <Panel
      title="Disable the account"
      text="None of its credentials gets a token while it is disabled. Nothing is deleted."
    >
      <Button onClick={() => setAsking(true)}>Disable the account</Button>
      {isAsking && <DisableDialog account={account} onClose={() => setAsking(false)} />}
    </Panel>
  );
}

function DisabledPanel({ account }: { readonly account: Account }) {
  const action = useAction("PUT /api/accounts/:accountId/state");
  useShownFailure(action.failure);
  const enable = async (): Promise<void> => {
    const input = { params: { accountId: account.id }, body: { state: "enabled" } } as const;
    const done = await action.run(input, { ifVersion: account.version });
    if (done !== undefined) showToast({ title: "Account enabled", text: account.name });
  };
  return (
    <Panel
      title="Enable the account"
      text="It is disabled. Once it is enabled, its credentials get tokens again as they did before."
    >
      <Button kind="primary" isLoading={action.isRunning} onClick={enable}>
        Enable the account
      </Button>
    </Panel>
  );
}

type DisableDialogProps = { readonly account: Account; readonly onClose: () => void };

function DisableDialog({ account, onClose }: DisableDialogProps) {
  const action = useAction("PUT /api/accounts/:accountId/state");
  const disable = async (): Promise<void> => {
    const input = { params: { accountId: account.id }, body: { state: "disabled" } } as const;
    if ((await action.run(input, { ifVersion: account.version })) === undefined) return;
    onClose();
    showToast({ title: "Account disabled", text: account.name });
  };
  return (
    <ConfirmDialog
      onClose={onClose}
      title={`Disable ${account.name}`}
      confirmLabel="Disable the account"
      typedText={account.name}
      action={action}
      onConfirm={() => void disable()}
    >
      <ul className="bullets">
        <li>{formatCredentials(account.credentialCount)} no token any more, in any of its projects, within seconds.</li>
        <li>
          Every guard refuses the tokens that programs hold within ten seconds; APIs that ask the introspection endpoint
          refuse them at once.
        </li>
        <li>Its members can still sign in and look.</li>
        <li>Nothing is deleted. You can enable it again at any time; its programs then have to get new tokens.</li>
      </ul>
    </ConfirmDialog>
  );
}

function formatCredentials(count: number): string {
  return count === 1 ? "Its one credential gets" : `Its ${count} credentials get`;
}
