import { useState } from "react";
import { useSession } from "../../api/session.ts";
import { Badge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { Panel } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";

const EnrolTotpDialog = lazyPart(() => import("./enrol-totp-dialog.tsx").then((module) => module.EnrolTotpDialog));
const RemoveTotpDialog = lazyPart(() => import("./remove-totp-dialog.tsx").then((module) => module.RemoveTotpDialog));

export function TotpPanel() {
  const { hasTotp } = useSession().factors;
  const [open, setOpen] = useState<"enrol" | "remove" | undefined>(undefined);
  const close = (): void => setOpen(undefined);
  return (
    <Panel
      title="Authenticator app"
      text="A code of six digits from an app on your phone. It works where passkeys do not."
      actions={
        hasTotp ? (
          <Button onClick={() => setOpen("remove")}>Remove</Button>
        ) : (
          <Button icon="phone" onClick={() => setOpen("enrol")}>
            Set up
          </Button>
        )
      }
    >
      {hasTotp ? <Badge kind="success">set up</Badge> : <p className="muted">You have none yet.</p>}
      {open === "enrol" && <EnrolTotpDialog onClose={close} />}
      {open === "remove" && <RemoveTotpDialog onClose={close} />}
    </Panel>
  );
}
