import type { Invited, Role } from "@biped/management-client";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { RadioCards } from "../../design/choices.tsx";
import { FormDialog } from "../../design/dialog.tsx";
import { EmailField } from "../../design/email-field.tsx";
import { showToast } from "../../design/toast.ts";
import { InvitationDialog } from "../administrators/invitation-dialog.tsx";
import { roleTexts } from "../administrators/roles.ts";

type AddMemberDialogProps = {
  readonly accountId: number;
  readonly onClose: () => void;
};

export function AddMemberDialog({ accountId, onClose }: AddMemberDialogProps) {
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [invited, setInvited] = useState<Invited | undefined>(undefined);
  const action = useAction("POST /api/accounts/:accountId/members");
  const add = async (): Promise<void> => {
    const done = await action.run({ params: { accountId }, body: { email: email.trim(), role } });
    if (done === undefined) return;
    if (done.answer.administrator.state === "invited") return setInvited(done.answer);
    onClose();
    showToast({ title: "Member added", text: `${done.answer.administrator.name} can sign in as before.` });
  };
  if (invited !== undefined) return <InvitationDialog invited={invited} onClose={onClose} />;
  return (
    <FormDialog
      onClose={onClose}
      title="Add member"
      description="Who is known here already becomes a member at once. For everybody else you get a link to hand over."
      submitLabel="Add member"
      action={action}
      isSubmitDisabled={!email.includes("@")}
      onSubmit={() => void add()}
    >
      <EmailField value={email} onChange={setEmail} autoComplete="off" />
      <RadioCards label="Role" cards={roleTexts} value={role} onChange={setRole} />
    </FormDialog>
  );
}
