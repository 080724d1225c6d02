import type { Project } from "@biped/management-client";
import { useAction } from "../../api/actions.ts";
import { ConfirmTakingBack } from "../revocations/confirm-taking-back.tsx";

type TakeBackTokensDialogProps = { readonly project: Project; readonly onClose: () => void };

export function TakeBackTokensDialog({ project: { id: projectId, name }, onClose }: TakeBackTokensDialogProps) {
  const action = useAction("POST /api/projects/:projectId/revocation");
  const takeBack = () => action.run({ params: { projectId }, body: {} });
  return <ConfirmTakingBack of="project" name={name} action={action} onTakeBack={takeBack} onClose={onClose} />;
}
