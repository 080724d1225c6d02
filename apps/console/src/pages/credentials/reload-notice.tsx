import { Button } from "../../design/button.tsx";
import { Callout } from "../../design/callout.tsx";
import { ScrolledTo } from "../../design/scrolled-to.tsx";

/** Where a form was filled from something that somebody else has changed since. */
export function ReloadNotice({ onReload }: { readonly onReload: () => void }) {
  const reload = (
    <Button size="small" icon="rotate" onClick={onReload}>
      Load it again
    </Button>
  );
  return (
    <ScrolledTo>
      <Callout kind="warning" title="Somebody changed this meanwhile" role="alert" actions={reload}>
        Nothing was saved. Loading it again shows what it is now, in the place of what you entered.
      </Callout>
    </ScrolledTo>
  );
}
