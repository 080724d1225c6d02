import type { AccessToken } from "@biped/management-client";
import { useAction } from "../../api/actions.ts";
import { ConfirmDialog } from "../../design/dialog.tsx";
import { showToast } from "../../design/toast.ts";

type EndTokenDialogProps = { readonly token: AccessToken; readonly onClose: () => void };

export function EndTokenDialog({ token, onClose }: EndTokenDialogProps) {
  const action = useAction("DELETE /api/access-tokens/:accessTokenId");
  const end = async (): Promise<void> => {
    if ((await action.run({ params: { accessTokenId: token.id } })) === undefined) return;
    onClose();
    showToast({ title: "Access token ended", text: token.name });
  };
  return (
    <ConfirmDialog
      onClose={onClose}
      title={`End the token ${token.name}`}
      confirmLabel="End the token"
      action={action}
      onConfirm={() => void end()}
    >
      <p>Programs that use it are refused at once. This cannot be undone; you can create another one.</p>
    </ConfirmDialog>
  );
}
