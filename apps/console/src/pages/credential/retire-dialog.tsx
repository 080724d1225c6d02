import type { Credential, Secret } from "@biped/management-client";
import { useAction } from "../../api/actions.ts";
import { ConfirmDialog } from "../../design/dialog.tsx";
import { TimeText } from "../../design/time-text.tsx";
import { showToast } from "../../design/toast.ts";

type RetireDialogProps = {
  readonly credential: Credential;
  readonly secret: Secret;
  /** Whether no other one works. */
  readonly isLast: boolean;
  readonly onClose: () => void;
};

/** At once, whatever still uses it: for a secret that has leaked. */
export function RetireDialog({ credential, secret, isLast, onClose }: RetireDialogProps) {
  const { clientId, name } = credential;
  const action = useAction("DELETE /api/credentials/:clientId/secrets/:secretId");
  const retire = async (): Promise<void> => {
    const done = await action.run({ params: { clientId, secretId: secret.id } });
    if (done === undefined) return;
    onClose();
    showToast({ title: "Secret retired", text: name });
  };
  return (
    <ConfirmDialog
      onClose={onClose}
      title={`Retire the ${secret.state === "former" ? "former" : "newest"} secret?`}
      confirmLabel="Retire it at once"
      typedText={name}
      action={action}
      onConfirm={() => void retire()}
    >
      <p>
        Programs that have this secret get no more tokens with it, and every guard refuses those that they got with it
        within ten seconds. This cannot be undone.
      </p>
      {secret.lastUsedAt !== null && (
        <p>
          It was last used <TimeText instant={secret.lastUsedAt} />.
        </p>
      )}
      {isLast && (
        <p>
          <strong>It is the only one that works.</strong> To replace it without an outage, rotate instead.
        </p>
      )}
    </ConfirmDialog>
  );
}
