import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { ConfirmDialog } from "../../design/dialog.tsx";
import { RecoveryCodesDialog } from "./recovery-codes-dialog.tsx";

export function NewRecoveryCodesDialog({ onClose }: { readonly onClose: () => void }) {
  const [codes, setCodes] = useState<readonly string[] | undefined>(undefined);
  const action = useAction("POST /api/recovery-codes");
  const make = async (): Promise<void> => {
    const done = await action.run({ body: {} });
    if (done !== undefined) setCodes(done.answer.recoveryCodes);
  };
  if (codes !== undefined) return <RecoveryCodesDialog codes={codes} onClose={onClose} />;
  return (
    <ConfirmDialog
      onClose={onClose}
      title="Make new recovery codes"
      confirmLabel="Make new ones"
      action={action}
      onConfirm={() => void make()}
    >
      <p>The former codes end at once, wherever you keep them. The new ones are shown once.</p>
    </ConfirmDialog>
  );
}
