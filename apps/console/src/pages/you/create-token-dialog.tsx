import { type Dispatch, type SetStateAction, useState } from "react";
import { useAction } from "../../api/actions.ts";
import { Checkbox } from "../../design/choices.tsx";
import { FormDialog } from "../../design/dialog.tsx";
import { TextField } from "../../design/text-field.tsx";
import { formatDay } from "../../design/time-format.ts";
import { useNowMs } from "../../design/time-text.tsx";
import { AccountChoice } from "./account-choice.tsx";
import { CreatedTokenDialog } from "./created-token-dialog.tsx";
import { parseTokenDays, scopeTexts, type TokenScope } from "./token-scopes.ts";

type Draft = {
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  /** Empty for every account. */
  readonly accountId: string;
  readonly days: string;
};

type Change = Dispatch<SetStateAction<Draft>>;

export function CreateTokenDialog({ onClose }: { readonly onClose: () => void }) {
  const [draft, setDraft] = useState<Draft>({ name: "", scopes: [], accountId: "", days: "90" });
  const { create, token, ...action } = useCreation();
  const expiresInDays = parseTokenDays(draft.days);
  const { name, accountId } = draft;
  if (token !== undefined) return <CreatedTokenDialog {...token} onClose={onClose} />;
  return (
    <FormDialog
      onClose={onClose}
      title="Create access token"
      description="It can read all that you can. Give it no more changes than its program needs."
      submitLabel="Create token"
      action={action}
      isSubmitDisabled={name.trim() === "" || expiresInDays === undefined || !/^([1-9]\d{0,14})?$/.test(accountId)}
      onSubmit={() => void create(draft)}
    >
      <TextField
        label="Name"
        hint="What uses it: “Deploy pipeline”."
        value={name}
        onChange={(text) => setDraft((former) => ({ ...former, name: text }))}
        autoComplete="off"
        maxLength={200}
      />
      <ScopeChoice scopes={draft.scopes} onChange={setDraft} />
      <AccountChoice value={accountId} onChange={(id) => setDraft((former) => ({ ...former, accountId: id }))} />
      <DaysField draft={draft} onChange={setDraft} />
    </FormDialog>
  );
}

function useCreation() {
  const action = useAction("POST /api/access-tokens");
  const [token, setToken] = useState<{ readonly name: string; readonly token: string | null } | undefined>(undefined);
  const create = async ({ name, scopes, accountId, days }: Draft): Promise<void> => {
    const body = {
      name: name.trim(),
      scopes: ["read" as const, ...scopes],
      accountId: accountId === "" ? null : Number(accountId),
      expiresInDays: parseTokenDays(days) ?? 1,
    };
    const done = await action.run({ body });
    if (done !== undefined) setToken({ name: done.answer.accessToken.name, token: done.answer.token });
  };
  return { create, token, isRunning: action.isRunning, failure: action.failure };
}

function ScopeChoice({ scopes, onChange }: { readonly scopes: readonly TokenScope[]; readonly onChange: Change }) {
  const toggle = (scope: TokenScope, isChecked: boolean): void => {
    onChange((former) => ({
      ...former,
      scopes: isChecked ? [...former.scopes, scope] : former.scopes.filter((held) => held !== scope),
    }));
  };
  return (
    <fieldset className="field">
      <legend className="field__label">What it may change, as far as you may</legend>
      {scopeTexts.map(({ scope, title, text }) => (
        <Checkbox
          key={scope}
          label={title}
          hint={text}
          isChecked={scopes.includes(scope)}
          onChange={(isChecked) => toggle(scope, isChecked)}
        />
      ))}
    </fieldset>
  );
}

function DaysField({ draft, onChange }: { readonly draft: Draft; readonly onChange: Change }) {
  const nowMs = useNowMs();
  const days = parseTokenDays(draft.days);
  return (
    <TextField
      label="Days until it ends"
      hint={days === undefined ? "1 to 365." : `On ${formatDay(new Date(nowMs + days * 86_400_000).toISOString())}.`}
      error={days === undefined ? "Enter a whole number of days from 1 to 365." : undefined}
      value={draft.days}
      onChange={(text) => onChange((former) => ({ ...former, days: text }))}
      inputMode="numeric"
      autoComplete="off"
      maxLength={3}
    />
  );
}
