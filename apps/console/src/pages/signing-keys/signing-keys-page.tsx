import type { SigningKey } from "@biped/management-client";
import { useState } from "react";
import { isPlatformOwner } from "../../api/permissions.ts";
import { useOperation } from "../../api/queries.ts";
import { useSession } from "../../api/session.ts";
import { Button } from "../../design/button.tsx";
import { Callout } from "../../design/callout.tsx";
import { PageHeader, Panel } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";
import { ErrorState, TableSkeleton } from "../../design/states.tsx";
import { TimeText } from "../../design/time-text.tsx";
import { usePageTitle } from "../../shell/page-title.ts";
import { KeyStates } from "./key-states.tsx";
import { formatShortKid } from "./key-story.ts";
import { KeyTimeline } from "./key-timeline.tsx";

const RotateDialog = lazyPart(() => import("./rotate-dialog.tsx").then((module) => module.RotateDialog));
const CompromiseDialog = lazyPart(() => import("./compromise-dialog.tsx").then((module) => module.CompromiseDialog));

export function SigningKeysPage() {
  usePageTitle("Signing keys");
  const [open, setOpen] = useState<"rotate" | "compromise" | undefined>(undefined);
  const mayChange = isPlatformOwner(useSession().administrator);
  const { data, error, refetch } = useOperation("GET /api/signing-keys", {});
  const keys = data?.items;
  const close = (): void => setOpen(undefined);
  const rotate = mayChange && keys?.every(({ state }) => state !== "next") && (
    <Button kind="primary" icon="rotate" onClick={() => setOpen("rotate")}>
      Rotate
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Signing keys"
        text="Tokens are signed with these. APIs read the public halves from the key set, and so need no secret of ours."
        actions={rotate || undefined}
      />
      {error !== null && <ErrorState error={error} onRetry={() => void refetch()} />}
      {error === null && keys === undefined && <TableSkeleton columns={3} rows={3} />}
      {keys !== undefined && <Keys keys={keys} onCompromise={mayChange ? () => setOpen("compromise") : undefined} />}
      {open === "rotate" && <RotateDialog onClose={close} />}
      {open === "compromise" && keys !== undefined && <CompromiseDialog keys={keys} onClose={close} />}
    </>
  );
}

type KeysProps = {
  readonly keys: readonly SigningKey[];
  readonly onCompromise: (() => void) | undefined;
};

function Keys({ keys, onCompromise }: KeysProps) {
  return (
    <div className="stack stack--loose">
      <RotationNotice keys={keys} />
      <KeyStates keys={keys} />
      <Panel title="What happens when" text="Keys take these steps by themselves. You need to do nothing.">
        <KeyTimeline keys={keys} />
      </Panel>
      {onCompromise !== undefined && (
        <Panel
          title="Emergency"
          text="A private key was seen where it should not be, or a server that held it was entered."
          actions={
            <Button icon="warning" onClick={onCompromise}>
              A key may be known to others
            </Button>
          }
        >
          <p className="muted">
            Who holds a private key can make tokens for every project. Ending the key takes that away, and ends the
            tokens that it signed too. For mere caution, rotate instead: then nobody notices.
          </p>
        </Panel>
      )}
    </div>
  );
}

function RotationNotice({ keys }: Pick<KeysProps, "keys">) {
  const next = keys.find(({ state }) => state === "next");
  if (next === undefined || next.nextStepAt === null) return null;
  return (
    <Callout title="A rotation is under way">
      Key <span className="mono">{formatShortKid(next.kid)}</span> signs <TimeText instant={next.nextStepAt} />. There
      is nothing to do.
    </Callout>
  );
}
