import type { Invited } from "@biped/management-client";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { FormDialog } from "../../design/dialog.tsx";
import { EmailField } from "../../design/email-field.tsx";
import { InvitationDialog } from "./invitation-dialog.tsx";

/** A platform owner; members of an account are added on the account's own page. */
export function InviteDialog({ onClose }: { readonly onClose: () => void }) {
  const [email, setEmail] = useState("");
  const [invited, setInvited] = useState<Invited | undefined>(undefined);
  const action = useAction("POST /api/administrators");
  const invite = async (): Promise<void> => {
    const done = await action.run({ body: { email: email.trim() } });
    if (done !== undefined) setInvited(done.answer);
  };
  if (invited !== undefined) return <InvitationDialog invited={invited} onClose={onClose} />;
  return (
    <FormDialog
      onClose={onClose}
      title="Invite a platform owner"
      description="Platform owners may do everything in every account: also clouds, signing keys and other administrators. Members of a single account are added on the account's own page."
      submitLabel="Invite"
      action={action}
      isSubmitDisabled={!email.includes("@")}
      onSubmit={() => void invite()}
    >
      <EmailField
        hint="They sign in with it. You get a link to hand over."
        value={email}
        onChange={setEmail}
        autoComplete="off"
      />
    </FormDialog>
  );
}
