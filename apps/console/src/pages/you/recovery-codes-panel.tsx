import { useState } from "react";
import { useSession } from "../../api/session.ts";
import { Button } from "../../design/button.tsx";
import { Callout } from "../../design/callout.tsx";
import { Panel } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";

const NewRecoveryCodesDialog = lazyPart(() =>
  import("./new-recovery-codes-dialog.tsx").then((module) => module.NewRecoveryCodesDialog),
);

const fewCodes = 3;

export function RecoveryCodesPanel() {
  const { hasTotp, passkeys, recoveryCodesLeft } = useSession().factors;
  const [isMaking, setMaking] = useState(false);
  const hasFactor = hasTotp || passkeys.length > 0;
  return (
    <Panel
      title="Recovery codes"
      text="Each signs you in once, should you lose your second factor."
      actions={hasFactor && <Button onClick={() => setMaking(true)}>Make new ones</Button>}
    >
      {hasFactor ? <Left count={recoveryCodesLeft} /> : <p className="muted">You get them with a second factor.</p>}
      {isMaking && <NewRecoveryCodesDialog onClose={() => setMaking(false)} />}
    </Panel>
  );
}

function Left({ count }: { readonly count: number }) {
  if (count > fewCodes) return <p className="muted">{count} are left.</p>;
  return (
    <Callout kind="warning" title={formatLeft(count)}>
      Make new ones before you need them.
    </Callout>
  );
}

function formatLeft(count: number): string {
  if (count === 0) return "None is left";
  return count === 1 ? "Only one is left" : `Only ${count} are left`;
}
