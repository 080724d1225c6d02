import { useAction } from "../../api/actions.ts";
import { useSession } from "../../api/session.ts";
import { ConfirmDialog } from "../../design/dialog.tsx";
import { showToast } from "../../design/toast.ts";
import { LastFactorWarning } from "./last-factor-warning.tsx";

export function RemoveTotpDialog({ onClose }: { readonly onClose: () => void }) {
  const { factors } = useSession();
  const action = useAction("DELETE /api/totp");
  const remove = async (): Promise<void> => {
    if ((await action.run({})) === undefined) return;
    onClose();
    showToast({ title: "Authenticator app removed", text: "Delete the entry in the app too." });
  };
  return (
    <ConfirmDialog
      onClose={onClose}
      title="Remove the authenticator app"
      confirmLabel="Remove"
      action={action}
      onConfirm={() => void remove()}
    >
      <p>Its codes are refused from now on, and your other sessions end. You can set up an app anew at any time.</p>
      {factors.passkeys.length === 0 && <LastFactorWarning />}
    </ConfirmDialog>
  );
}
