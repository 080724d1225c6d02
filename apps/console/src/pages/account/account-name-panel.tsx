import type { Account } from "@biped/management-client";
import { type FormEvent, useState } from "react";
import { useAction } from "../../api/actions.ts";
import { Button } from "../../design/button.tsx";
import { Panel } from "../../design/layout.tsx";
import { TextField } from "../../design/text-field.tsx";
import { showToast } from "../../design/toast.ts";
import { SettingFailure } from "./setting-failure.tsx";

export function AccountNamePanel({ account }: { readonly account: Account }) {
  const [name, setName] = useState(account.name);
  const action = useAction("PATCH /api/accounts/:accountId");
  const isSame = name.trim() === "" || name.trim() === account.name;
  const rename = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (isSame) return;
    const input = { params: { accountId: account.id }, body: { name: name.trim() } };
    const done = await action.run(input, { ifVersion: account.version });
    if (done !== undefined) showToast({ title: "Account renamed", text: done.answer.name });
  };
  return (
    <Panel title="Name" text="As your people know the customer. Programs never see it.">
      <form className="stack" onSubmit={rename}>
        <TextField label="Name of the account" value={name} onChange={setName} autoComplete="off" maxLength={200} />
        <SettingFailure action={action} />
        <div>
          <Button type="submit" isLoading={action.isRunning} isDisabled={isSame}>
            Rename
          </Button>
        </div>
      </form>
    </Panel>
  );
}
