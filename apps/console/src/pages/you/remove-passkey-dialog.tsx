import { useAction } from "../../api/actions.ts";
import { useSession } from "../../api/session.ts";
import { ConfirmDialog } from "../../design/dialog.tsx";
import { showToast } from "../../design/toast.ts";
import { LastFactorWarning } from "./last-factor-warning.tsx";
import type { OwnPasskey } from "./passkeys-panel.tsx";

type RemovePasskeyDialogProps = { readonly passkey: OwnPasskey; readonly onClose: () => void };

export function RemovePasskeyDialog({ passkey, onClose }: RemovePasskeyDialogProps) {
  const { factors } = useSession();
  const action = useAction("DELETE /api/passkeys/:passkeyId");
  const remove = async (): Promise<void> => {
    if ((await action.run({ params: { passkeyId: passkey.id } })) === undefined) return;
    onClose();
    showToast({ title: "Passkey removed", text: passkey.name });
  };
  return (
    <ConfirmDialog
      onClose={onClose}
      title={`Remove the passkey ${passkey.name}`}
      confirmLabel="Remove"
      action={action}
      onConfirm={() => void remove()}
    >
      <p>It signs you in no more, and your other sessions end. Delete it on the device too, which Biped cannot do.</p>
      {factors.passkeys.length === 1 && !factors.hasTotp && <LastFactorWarning />}
    </ConfirmDialog>
  );
}
