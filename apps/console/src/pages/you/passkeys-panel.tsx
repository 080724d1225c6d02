import type { Session } from "@biped/management-client";
import { useState } from "react";
import { arePasskeysPossible } from "../../api/passkeys.ts";
import { useSession } from "../../api/session.ts";
import { Button } from "../../design/button.tsx";
import { Callout } from "../../design/callout.tsx";
import { Panel } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";
import { TimeText } from "../../design/time-text.tsx";
import { OwnList } from "./own-list.tsx";

const AddPasskeyDialog = lazyPart(() => import("./add-passkey-dialog.tsx").then((module) => module.AddPasskeyDialog));
const RemovePasskeyDialog = lazyPart(() =>
  import("./remove-passkey-dialog.tsx").then((module) => module.RemovePasskeyDialog),
);

export type OwnPasskey = { readonly id: string; readonly name: string };

export function PasskeysPanel() {
  const { passkeys } = useSession().factors;
  const [isAdding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<OwnPasskey | undefined>(undefined);
  const canAdd = arePasskeysPossible();
  return (
    <Panel
      title="Passkeys"
      text="Fingerprint, face or security key. Nobody can trick you into giving one away. Have two, on different devices."
      actions={
        canAdd && (
          <Button icon="passkey" onClick={() => setAdding(true)}>
            Add passkey
          </Button>
        )
      }
    >
      {!canAdd && <NotSecure />}
      {passkeys.length === 0 && canAdd && <p className="muted">You have none yet.</p>}
      <OwnList label="Passkeys" items={passkeys.map((passkey) => formatPasskey(passkey, setLeaving))} />
      {isAdding && <AddPasskeyDialog onClose={() => setAdding(false)} />}
      {leaving !== undefined && <RemovePasskeyDialog passkey={leaving} onClose={() => setLeaving(undefined)} />}
    </Panel>
  );
}

type HeldPasskey = Session["factors"]["passkeys"][number];

function formatPasskey({ id, name, createdAt, lastUsedAt }: HeldPasskey, onRemove: (passkey: OwnPasskey) => void) {
  return {
    id,
    title: name,
    text: (
      <>
        Added <TimeText instant={createdAt} />,{" "}
        {lastUsedAt === null ? "not used yet" : <LastUsed instant={lastUsedAt} />}
      </>
    ),
    action: (
      <Button size="small" onClick={() => onRemove({ id, name })}>
        Remove<span className="visually-hidden"> {name}</span>
      </Button>
    ),
  };
}

function LastUsed({ instant }: { readonly instant: string }) {
  return (
    <>
      last used <TimeText instant={instant} />
    </>
  );
}

function NotSecure() {
  return (
    <Callout>
      Browsers make passkeys on secure pages alone: at an address that begins with <code>https</code>, or at{" "}
      <code>localhost</code>. Open the console there.
    </Callout>
  );
}
