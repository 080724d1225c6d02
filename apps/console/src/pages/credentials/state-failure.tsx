import type { Failure } from "../../api/failure.ts";
import { Button } from "../../design/button.tsx";
import { FailureCallout } from "../../design/callout.tsx";

/** Why something was not disabled or enabled, below the button that was to do it. */
export function StateFailure({ failure, onReload }: { readonly failure: Failure; readonly onReload: () => void }) {
  const reload = (
    <Button size="small" icon="rotate" onClick={onReload}>
      Load it again
    </Button>
  );
  return <FailureCallout failure={failure} actions={reload} />;
}
