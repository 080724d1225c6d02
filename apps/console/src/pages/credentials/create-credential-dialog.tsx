import type { Account, SecretShown } from "@biped/management-client";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { FormDialog } from "../../design/dialog.tsx";
import { TextField } from "../../design/text-field.tsx";
import { CredentialFields } from "./credential-fields.tsx";
import { useCredentialForm } from "./credential-form.ts";
import { type Level, LevelChoice } from "./level-choice.tsx";
import { SecretDialog } from "./secret-dialog.tsx";

type CreateCredentialDialogProps = {
  readonly account: Account;
  /** Where it was opened from; the level can still be chosen. */
  readonly projectId: number | undefined;
  readonly onClose: () => void;
};

/** First the form, then the secret, this once. */
export function CreateCredentialDialog({ account, projectId, onClose }: CreateCredentialDialogProps) {
  const [shown, setShown] = useState<SecretShown | undefined>(undefined);
  const navigate = useNavigate();
  if (shown === undefined) {
    return <CredentialFormDialog account={account} projectId={projectId} onClose={onClose} onCreated={setShown} />;
  }
  const goThere = (): void => {
    onClose();
    void navigate({ to: "/credentials/$clientId", params: { clientId: shown.credential.clientId } });
  };
  return <SecretDialog title="Credential created" shown={shown} onStored={goThere} />;
}

type Owner = { readonly level: Level; readonly projectId: number | undefined };

type CredentialFormDialogProps = CreateCredentialDialogProps & {
  readonly onCreated: (shown: SecretShown) => void;
};

function CredentialFormDialog({ account, projectId, onClose, onCreated }: CredentialFormDialogProps) {
  const limitDays = account.credentialLifetimeLimitDays;
  const [owner, setOwner] = useState<Owner>({ level: projectId === undefined ? "account" : "project", projectId });
  const form = useCredentialForm({
    ...{ name: "", scopes: [], ranges: [] },
    choice: limitDays === null ? "never" : "longest",
    facts: { createdAt: undefined, limitDays, kept: undefined },
  });
  const action = useAction("POST /api/accounts/:accountId/credentials");
  const create = async (): Promise<void> => {
    if (form.values === undefined) return;
    const ownProject = owner.level === "project" ? (owner.projectId ?? null) : null;
    const body = { ...form.values, projectId: ownProject };
    const done = await action.run({ params: { accountId: account.id }, body });
    if (done !== undefined) onCreated(done.answer);
  };
  return (
    <FormDialog
      onClose={onClose}
      title="Create credential"
      description="A client id and a secret, with which a program gets tokens."
      size="wide"
      isKeptOnOutsideClick
      submitLabel="Create credential"
      action={action}
      isSubmitDisabled={form.values === undefined || (owner.level === "project" && owner.projectId === undefined)}
      onSubmit={() => void create()}
    >
      <NameField name={form.name} onChange={form.setName} />
      <LevelChoice account={account} {...owner} onChange={(level, id) => setOwner({ level, projectId: id })} />
      <CredentialFields form={form} />
    </FormDialog>
  );
}

function NameField({ name, onChange }: { readonly name: string; readonly onChange: (name: string) => void }) {
  return (
    <TextField
      label="Name"
      hint="What program it is for, such as “Nightly export”."
      value={name}
      onChange={onChange}
      autoComplete="off"
      maxLength={200}
    />
  );
}
