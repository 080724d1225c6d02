import type { Administrator } from "@biped/management-client";
import { useAction } from "../../api/actions.ts";
import { useSession } from "../../api/session.ts";
import { ConfirmDialog } from "../../design/dialog.tsx";
import { showToast } from "../../design/toast.ts";

type EndMembershipDialogProps = {
  readonly accountId: number;
  readonly member: Administrator;
  readonly onClose: () => void;
};

export function EndMembershipDialog({ accountId, member, onClose }: EndMembershipDialogProps) {
  const action = useAction("DELETE /api/accounts/:accountId/members/:administratorId");
  const isOwn = useSession().administrator.id === member.id;
  const end = async (): Promise<void> => {
    const input = { params: { accountId, administratorId: member.id } };
    if ((await action.run(input, { ifVersion: member.version })) === undefined) return;
    onClose();
    showToast({ title: "Membership ended", text: member.email });
  };
  return (
    <ConfirmDialog
      onClose={onClose}
      title={isOwn ? "End your own membership" : `End the membership of ${member.name}`}
      confirmLabel="End membership"
      action={action}
      onConfirm={() => void end()}
    >
      {isOwn ? (
        <p>You will not see this account any more, and cannot add yourself again.</p>
      ) : (
        <>
          <p>Their sessions end, and they see nothing of this account any more. What they made here stays.</p>
          <p>You can add them again at any time.</p>
        </>
      )}
    </ConfirmDialog>
  );
}
