import type { Credential } from "@biped/management-client";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { useOperation } from "../../api/queries.ts";
import { Button, IconButton } from "../../design/button.tsx";
import { ConfirmDialog } from "../../design/dialog.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../design/menu.tsx";
import { showToast } from "../../design/toast.ts";
import { StateFailure } from "../credentials/state-failure.tsx";
import { useUndoableState } from "../credentials/undoable-state.ts";
import { findLiveSecrets, findRotation } from "./rotation.ts";

const EditCredentialDialog = lazyPart(() =>
  import("./edit-credential-dialog.tsx").then((module) => module.EditCredentialDialog),
);
const RevokeTokenDialog = lazyPart(() =>
  import("../revocations/revoke-token-dialog.tsx").then((module) => module.RevokeTokenDialog),
);
const RotateDialog = lazyPart(() => import("./rotate-dialog.tsx").then((module) => module.RotateDialog));

const TakeBackTokensDialog = lazyPart(() =>
  import("./take-back-tokens-dialog.tsx").then((module) => module.TakeBackTokensDialog),
);

type Open = "edit" | "rotate" | "token" | "tokens" | "delete" | undefined;

/** What administrators do with a credential. While a rotation is under way, its panel says how to go on. */
export function CredentialActions({ credential }: { readonly credential: Credential }) {
  const [open, setOpen] = useState<Open>(undefined);
  const close = (): void => setOpen(undefined);
  const state = useCredentialState(credential);
  const hasSecret = findLiveSecrets(credential).length > 0;
  return (
    <>
      {findRotation(credential) === undefined && (
        <Button kind="primary" icon="rotate" onClick={() => setOpen("rotate")}>
          {hasSecret ? "Rotate secret" : "Make a new secret"}
        </Button>
      )}
      <Button onClick={() => setOpen("edit")}>Edit</Button>
      <Menu align="end" trigger={<IconButton icon="more" label="More actions" />}>
        <MenuItem onSelect={state.toggle}>{credential.state === "enabled" ? "Disable" : "Enable"}</MenuItem>
        <MenuSeparator />
        <MenuItem onSelect={() => setOpen("token")}>Take back one token</MenuItem>
        <MenuItem icon="revocation" kind="danger" onSelect={() => setOpen("tokens")}>
          Take back all tokens
        </MenuItem>
        <MenuItem icon="trash" kind="danger" onSelect={() => setOpen("delete")}>
          Delete
        </MenuItem>
      </Menu>
      {state.failure !== undefined && <StateFailure failure={state.failure} onReload={state.onReload} />}
      {open === "edit" && <EditCredential credential={credential} onClose={close} />}
      {open === "rotate" && <RotateDialog credential={credential} onClose={close} />}
      {open === "token" && <RevokeTokenDialog onClose={close} />}
      {open === "tokens" && <TakeBackTokensDialog credential={credential} onClose={close} />}
      {open === "delete" && <DeleteDialog credential={credential} onClose={close} />}
    </>
  );
}

type CredentialDialogProps = { readonly credential: Credential; readonly onClose: () => void };

/** The account's policy is needed before the end can be chosen. */
function EditCredential({ credential, onClose }: CredentialDialogProps) {
  const { accountId } = credential;
  const { data } = useOperation("GET /api/accounts/:accountId", { params: { accountId } });
  if (data === undefined) return null;
  return (
    <EditCredentialDialog credential={credential} limitDays={data.credentialLifetimeLimitDays} onClose={onClose} />
  );
}

function useCredentialState({ clientId, name, state, version }: Credential) {
  const action = useAction("PATCH /api/credentials/:clientId");
  const set = async (next: "enabled" | "disabled", ifVersion: number) =>
    (await action.run({ params: { clientId }, body: { state: next } }, { ifVersion }))?.answer;
  return useUndoableState({ name, state, version, set, failure: action.failure, onForget: action.reset });
}

function DeleteDialog({ credential, onClose }: CredentialDialogProps) {
  const { accountId, clientId, name, projectId, version } = credential;
  const action = useAction("DELETE /api/credentials/:clientId");
  const navigate = useNavigate();
  const remove = async (): Promise<void> => {
    const done = await action.run({ params: { clientId } }, { ifVersion: version });
    if (done === undefined) return;
    onClose();
    showToast({ title: "Credential deleted", text: name });
    if (projectId === null) await navigate({ to: "/accounts/$accountId/credentials", params: { accountId } });
    else await navigate({ to: "/projects/$projectId", params: { projectId } });
  };
  return (
    <ConfirmDialog
      onClose={onClose}
      title="Delete this credential?"
      confirmLabel="Delete the credential"
      typedText={name}
      action={action}
      onConfirm={() => void remove()}
    >
      <p>
        Its programs get no more tokens, and every guard refuses those that they have within ten seconds. It cannot be
        brought back: a new credential would have another client id and another secret.
      </p>
      <p>To stop its programs for a while, disable it instead.</p>
    </ConfirmDialog>
  );
}
