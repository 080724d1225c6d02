import { useState } from "react";
import { Dialog } from "../../design/dialog.tsx";
import { showToast } from "../../design/toast.ts";
import { PasskeyEnrolment } from "../second-factor/passkey-enrolment.tsx";
import { RecoveryCodesDialog } from "./recovery-codes-dialog.tsx";

/** The first factor brings recovery codes with it. */
export function AddPasskeyDialog({ onClose }: { readonly onClose: () => void }) {
  const [codes, setCodes] = useState<readonly string[] | undefined>(undefined);
  const finish = (recoveryCodes: readonly string[] | null): void => {
    showToast({ title: "Passkey added", text: "Your other sessions have ended." });
    if (recoveryCodes === null) onClose();
    else setCodes(recoveryCodes);
  };
  if (codes !== undefined) return <RecoveryCodesDialog codes={codes} onClose={onClose} />;
  return (
    <Dialog onClose={onClose} title="Add passkey" description="Your browser asks for the rest.">
      <div className="dialog__body">
        <PasskeyEnrolment onDone={finish} />
      </div>
    </Dialog>
  );
}
