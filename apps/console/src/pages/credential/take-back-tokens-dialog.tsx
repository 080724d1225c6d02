import type { Credential } from "@biped/management-client";
import { useAction } from "../../api/actions.ts";
import { ConfirmTakingBack } from "../revocations/confirm-taking-back.tsx";

type TakeBackTokensDialogProps = { readonly credential: Credential; readonly onClose: () => void };

export function TakeBackTokensDialog({ credential: { clientId, name }, onClose }: TakeBackTokensDialogProps) {
  const action = useAction("POST /api/credentials/:clientId/revocation");
  const takeBack = () => action.run({ params: { clientId }, body: {} });
  return <ConfirmTakingBack of="credential" name={name} action={action} onTakeBack={takeBack} onClose={onClose} />;
}
