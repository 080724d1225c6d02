import type { Administrator } from "@biped/management-client";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { RadioCards } from "../../design/choices.tsx";
import { FormDialog } from "../../design/dialog.tsx";
import { showToast } from "../../design/toast.ts";
import { roleTexts } from "../administrators/roles.ts";
import { findMemberRole } from "./member-columns.tsx";

type ChangeRoleDialogProps = {
  readonly accountId: number;
  readonly member: Administrator;
  readonly onClose: () => void;
};

export function ChangeRoleDialog({ accountId, member, onClose }: ChangeRoleDialogProps) {
  const former = findMemberRole(member, accountId);
  const [role, setRole] = useState(former ?? "viewer");
  const action = useAction("PUT /api/accounts/:accountId/members/:administratorId");
  const change = async (): Promise<void> => {
    const input = { params: { accountId, administratorId: member.id }, body: { role } };
    if ((await action.run(input, { ifVersion: member.version })) === undefined) return;
    onClose();
    showToast({ title: "Role changed", text: `${member.name} is now ${role} here.` });
  };
  return (
    <FormDialog
      onClose={onClose}
      title={`Role of ${member.name}`}
      description="It holds in this account alone. A changed role ends the person's sessions; they sign in again."
      submitLabel="Change role"
      action={action}
      isSubmitDisabled={role === former}
      onSubmit={() => void change()}
    >
      <RadioCards label="Role" cards={roleTexts} value={role} onChange={setRole} />
    </FormDialog>
  );
}
