import type { Credential } from "@biped/management-client";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { FormDialog } from "../../design/dialog.tsx";
import { TextField } from "../../design/text-field.tsx";
import { showToast } from "../../design/toast.ts";
import { CredentialFields } from "../credentials/credential-fields.tsx";
import { useCredentialForm } from "../credentials/credential-form.ts";
import { ReloadNotice } from "../credentials/reload-notice.tsx";

type EditCredentialDialogProps = {
  readonly credential: Credential;
  /** The policy of its account. */
  readonly limitDays: number | null;
  readonly onClose: () => void;
};

/** What is edited is what was there when it opened: a change of somebody else's meanwhile is refused, and told. */
export function EditCredentialDialog({ credential, limitDays, onClose }: EditCredentialDialogProps) {
  const [opened, setOpened] = useState(credential);
  const queryClient = useQueryClient();
  const reload = async (): Promise<void> => {
    const key = ["GET /api/credentials/:clientId", { params: { clientId: credential.clientId } }];
    await queryClient.refetchQueries({ queryKey: key });
    setOpened(queryClient.getQueryData<Credential>(key) ?? opened);
  };
  return (
    <EditForm
      key={opened.version}
      credential={opened}
      limitDays={limitDays}
      onReload={() => void reload()}
      onClose={onClose}
    />
  );
}

type EditFormProps = EditCredentialDialogProps & { readonly onReload: () => void };

function EditForm({ credential, limitDays, onReload, onClose }: EditFormProps) {
  const { clientId, version } = credential;
  const form = useCredentialForm({
    name: credential.name,
    scopes: credential.scopes,
    ranges: credential.allowedRanges,
    choice: "kept",
    facts: { createdAt: credential.createdAt, limitDays, kept: credential.expiresAt },
  });
  const action = useAction("PATCH /api/credentials/:clientId");
  const isStale = action.failure?.kind === "changed-meanwhile";
  const save = async (): Promise<void> => {
    if (form.values === undefined) return;
    const done = await action.run({ params: { clientId }, body: form.values }, { ifVersion: version });
    if (done === undefined) return;
    onClose();
    showToast({ title: "Credential changed", text: done.answer.name });
  };
  return (
    <FormDialog
      onClose={onClose}
      title="Edit credential"
      size="wide"
      isKeptOnOutsideClick
      submitLabel="Save"
      action={isStale ? { ...action, failure: undefined } : action}
      isSubmitDisabled={form.values === undefined || isStale}
      onSubmit={() => void save()}
    >
      <TextField label="Name" value={form.name} onChange={form.setName} autoComplete="off" maxLength={200} />
      <CredentialFields form={form} />
      <p className="muted">
        Fewer scopes, fewer addresses or an earlier end take its tokens back: every guard refuses them within ten
        seconds, and its programs get new ones.
      </p>
      {isStale && <ReloadNotice onReload={onReload} />}
    </FormDialog>
  );
}
