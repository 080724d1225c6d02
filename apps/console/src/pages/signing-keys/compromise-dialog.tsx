import type { SigningKey } from "@biped/management-client";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { Callout } from "../../design/callout.tsx";
import { RadioCards } from "../../design/choices.tsx";
import { FormDialog } from "../../design/dialog.tsx";
import { TextField } from "../../design/text-field.tsx";
import { showToast } from "../../design/toast.ts";
import { formatShortKid } from "./key-story.ts";

type CompromiseDialogProps = {
  readonly keys: readonly SigningKey[];
  readonly onClose: () => void;
};

const roles = {
  next: "published, signs nothing yet",
  active: "signs now",
  passive: "verifies only",
  gone: "",
} as const;

/** for the moment when a private key may be in other hands. */
export function CompromiseDialog({ keys, onClose }: CompromiseDialogProps) {
  const [kid, setKid] = useState(keys.find(({ state }) => state === "active")?.kid ?? "");
  const [typed, setTyped] = useState("");
  const action = useAction("POST /api/signing-keys/:kid/compromise");
  const chosen = keys.find((key) => key.kid === kid);
  const short = formatShortKid(kid);
  const end = async (): Promise<void> => {
    if ((await action.run({ params: { kid }, body: {} })) === undefined) return;
    onClose();
    showToast({ title: `Key ${short} is gone`, text: "Every guard refuses its tokens within ten seconds." });
  };
  return (
    <FormDialog
      onClose={onClose}
      title="A key may be known to others"
      submitLabel="End this key at once"
      submitKind="danger"
      action={action}
      isSubmitDisabled={chosen === undefined || typed.trim() !== short}
      onSubmit={() => void end()}
    >
      <KeyChoice keys={keys} value={chosen?.kid} onChange={setKid} />
      {chosen !== undefined && <Consequences state={chosen.state} />}
      <TextField
        label={`Type “${short}” to confirm`}
        value={typed}
        onChange={setTyped}
        isMono
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
      />
    </FormDialog>
  );
}

type KeyChoiceProps = Pick<CompromiseDialogProps, "keys"> & {
  readonly value: string | undefined;
  readonly onChange: (kid: string) => void;
};

function KeyChoice({ keys, value, onChange }: KeyChoiceProps) {
  const cards = keys.map(({ kid, state }) => ({
    value: kid,
    title: `${formatShortKid(kid)}…`,
    text: `${state}: ${roles[state]}`,
  }));
  return <RadioCards label="Which key?" cards={cards} value={value} onChange={onChange} />;
}

const consequences = {
  next: "It never signs. The active key goes on as before, and no token is refused.",
  active:
    "A new key signs at once. Every guard refuses every token of the old key within ten seconds. Programs then have to get a new token; those with Biped's client do so by themselves.",
  passive:
    "The tokens that it signed and that have not ended yet are refused by every guard within ten seconds. The active key goes on as before.",
  gone: "It is gone already.",
} as const;

function Consequences({ state }: Pick<SigningKey, "state">) {
  return (
    <Callout kind="danger" title="What happens">
      {consequences[state]} This cannot be undone.
    </Callout>
  );
}
