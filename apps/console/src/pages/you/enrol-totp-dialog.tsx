import { useState } from "react";
import { Dialog } from "../../design/dialog.tsx";
import { showToast } from "../../design/toast.ts";
import { TotpEnrolment } from "../second-factor/totp-enrolment.tsx";
import { RecoveryCodesDialog } from "./recovery-codes-dialog.tsx";

export function EnrolTotpDialog({ onClose }: { readonly onClose: () => void }) {
  const [codes, setCodes] = useState<readonly string[] | undefined>(undefined);
  const finish = (recoveryCodes: readonly string[] | null): void => {
    showToast({ title: "Authenticator app set up", text: "Your other sessions have ended." });
    if (recoveryCodes === null) onClose();
    else setCodes(recoveryCodes);
  };
  if (codes !== undefined) return <RecoveryCodesDialog codes={codes} onClose={onClose} />;
  return (
    <Dialog
      onClose={onClose}
      isKeptOnOutsideClick
      title="Set up an authenticator app"
      description="Scan the code with the app, then enter the six digits that it shows."
    >
      <div className="dialog__body">
        <TotpEnrolment onDone={finish} />
      </div>
    </Dialog>
  );
}
