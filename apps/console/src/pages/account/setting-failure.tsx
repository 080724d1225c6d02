import { useQueryClient } from "@tanstack/react-query";
import type { Action } from "../../api/actions.ts";
import { Button } from "../../design/button.tsx";
import { FailureCallout } from "../../design/callout.tsx";

type SettingFailureProps = {
  readonly action: Pick<Action<"PATCH /api/accounts/:accountId">, "failure" | "reset">;
};

/** Where somebody else was quicker, it offers to read the account again; what was entered stays. */
export function SettingFailure({ action: { failure, reset } }: SettingFailureProps) {
  const queryClient = useQueryClient();
  if (failure === undefined) return null;
  const load = (): void => {
    reset();
    void queryClient.invalidateQueries();
  };
  const again = failure.kind === "changed-meanwhile" && (
    <Button size="small" icon="rotate" onClick={load}>
      Load it again
    </Button>
  );
  return <FailureCallout failure={failure} actions={again || undefined} />;
}
