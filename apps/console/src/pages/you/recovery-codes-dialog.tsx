import { Dialog } from "../../design/dialog.tsx";
import { RecoveryCodes } from "../second-factor/recovery-codes.tsx";

type RecoveryCodesDialogProps = { readonly codes: readonly string[]; readonly onClose: () => void };

export function RecoveryCodesDialog({ codes, onClose }: RecoveryCodesDialogProps) {
  return (
    <Dialog isKeptOnOutsideClick onClose={onClose} title="Your recovery codes">
      <div className="dialog__body">
        <RecoveryCodes codes={codes} doneLabel="Done" onStored={onClose} />
      </div>
    </Dialog>
  );
}
