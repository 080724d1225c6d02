import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { RadioCards } from "../../design/choices.tsx";
import { ConfirmDialog, FormDialog } from "../../design/dialog.tsx";
import { readServiceNowMs } from "../../design/service-clock.ts";
import { TextField } from "../../design/text-field.tsx";
import { formatExact } from "../../design/time-format.ts";
import { showToast } from "../../design/toast.ts";
import { type CutOff, type CutOffKind, chooseCutOff } from "./cut-off.ts";

type RevokeEverythingDialogProps = { readonly onClose: () => void };

/** Confirmed twice, since it concerns everybody: once with the time, once by a word. */
export function RevokeEverythingDialog({ onClose }: RevokeEverythingDialogProps) {
  const [cutOff, setCutOff] = useState<CutOff | undefined>(undefined);
  if (cutOff === undefined) return <CutOffDialog onChoose={setCutOff} onClose={onClose} />;
  return <EverythingDialog cutOff={cutOff} onClose={onClose} />;
}

const cards = [
  { value: "now", title: "Until now", text: "Every token that lives." },
  { value: "time", title: "Before a time", text: "Tokens that were issued later live on." },
] as const;

/** Choosing changes nothing yet. */
const idle = { isRunning: false, failure: undefined };

type CutOffDialogProps = RevokeEverythingDialogProps & { readonly onChoose: (cutOff: CutOff) => void };

function CutOffDialog({ onChoose, onClose }: CutOffDialogProps) {
  const [kind, setKind] = useState<CutOffKind>("now");
  const [local, setLocal] = useState("");
  const cutOff = chooseCutOff(kind, local, readServiceNowMs());
  const mistake = "mistake" in cutOff ? cutOff.mistake : undefined;
  return (
    <FormDialog
      onClose={onClose}
      title="Take back everything issued before…"
      submitLabel="Go on"
      action={idle}
      isSubmitDisabled={mistake !== undefined}
      onSubmit={() => {
        if (!("mistake" in cutOff)) onChoose(cutOff);
      }}
    >
      <p>
        Where it is known whose tokens are in other hands, take back those of the credential, the project or the account
        on its own page. If it is a signing key, end that key.
      </p>
      <RadioCards label="Issued" cards={cards} value={kind} onChange={setKind} />
      {kind === "time" && (
        <TextField
          type="datetime-local"
          step={1}
          label="Issued before"
          hint="In your time zone."
          error={local === "" ? undefined : mistake}
          value={local}
          onChange={setLocal}
        />
      )}
    </FormDialog>
  );
}

type EverythingDialogProps = RevokeEverythingDialogProps & { readonly cutOff: CutOff };

function EverythingDialog({ cutOff, onClose }: EverythingDialogProps) {
  const action = useAction("POST /api/tokens/revocation-before");
  const takeBack = async (): Promise<void> => {
    const done = await action.run({ body: cutOff });
    if (done === undefined) return;
    onClose();
    const text = `Every guard refuses what was issued before ${formatExact(done.answer.before)} within ten seconds.`;
    showToast({ title: "Everything taken back", text });
  };
  const issued = cutOff.before === undefined ? "until now" : `before ${formatExact(cutOff.before)}`;
  return (
    <ConfirmDialog
      onClose={onClose}
      title="Take back the tokens of everybody?"
      confirmLabel="Take everything back"
      typedText="everything"
      action={action}
      onConfirm={() => void takeBack()}
    >
      <ul className="bullets">
        <li>
          Every token that was issued {issued} is void, of every account. Every guard refuses them within ten seconds;
          APIs that ask the introspection endpoint refuse them at once.
        </li>
        <li>
          All programs have to get a new token, many at the same moment. Those with{" "}
          <span className="mono">@biped/client</span> or <span className="mono">biped</span> do so by themselves; others
          are refused until they do.
        </li>
        <li>Secrets and signing keys stay good.</li>
      </ul>
      <p>This cannot be undone.</p>
    </ConfirmDialog>
  );
}
