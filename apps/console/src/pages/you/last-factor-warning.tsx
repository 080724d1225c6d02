import { useSession } from "../../api/session.ts";
import { Callout } from "../../design/callout.tsx";

/** Before the only second factor goes. */
export function LastFactorWarning() {
  const { isSandbox } = useSession();
  return (
    <Callout kind="warning" title="It is your only second factor">
      {isSandbox
        ? "Outside a sandbox you could then look and change nothing, until you have another one."
        : "Without one you can look and change nothing. Set up another one first."}
    </Callout>
  );
}
