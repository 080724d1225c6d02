import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { useSession } from "../../api/session.ts";
import { FormDialog } from "../../design/dialog.tsx";
import { showToast } from "../../design/toast.ts";
import { NewPassword } from "../setup/new-password.tsx";
import { isPasswordGood } from "../setup/password-rules.ts";

export function PasswordDialog({ onClose }: { readonly onClose: () => void }) {
  const { administrator, factors } = useSession();
  const [password, setPassword] = useState("");
  const action = useAction("PUT /api/password");
  const person = { ...administrator, hasSecondFactor: factors.hasTotp || factors.passkeys.length > 0 };
  const change = async (): Promise<void> => {
    if ((await action.run({ body: { password } })) === undefined) return;
    onClose();
    showToast({ title: "Password changed", text: "Your other sessions have ended." });
  };
  return (
    <FormDialog
      onClose={onClose}
      title="Change password"
      description="Your other sessions end. Passkeys, authenticator app and access tokens stay."
      submitLabel="Change password"
      action={action}
      isSubmitDisabled={!isPasswordGood(password, person)}
      onSubmit={() => void change()}
    >
      {/* Password managers keep the new one for this name. */}
      <input type="hidden" name="username" autoComplete="username" value={administrator.email} />
      <NewPassword value={password} onChange={setPassword} person={person} />
    </FormDialog>
  );
}
