import "./second-factor.css";
import { useState } from "react";
import { Button } from "../../design/button.tsx";
import { Callout } from "../../design/callout.tsx";
import { Checkbox } from "../../design/choices.tsx";
import { CopyButton } from "../../design/copy.tsx";
import { saveText } from "../../design/save-text.ts";

type RecoveryCodesProps = {
  readonly codes: readonly string[];
  readonly onStored: () => void;
  /** Of the button that leads on. */
  readonly doneLabel?: string;
};

/** Shown this once. One goes on only after saying that they are stored. */
export function RecoveryCodes({ codes, onStored, doneLabel }: RecoveryCodesProps) {
  const [isStored, setStored] = useState(false);
  const text = `${codes.join("\n")}\n`;
  return (
    <div className="stack">
      <Callout kind="warning" title="Store your recovery codes">
        Each signs you in once, should you lose your second factor. They are shown this once.
      </Callout>
      <ol className="recovery-codes" aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <div className="row">
        <CopyButton text={text} what="recovery codes" look="button" />
        <Button icon="download" onClick={() => saveText("biped-recovery-codes.txt", text)}>
          Download
        </Button>
        <Button icon="print" onClick={() => window.print()}>
          Print
        </Button>
      </div>
      <Checkbox label="I have stored them where only I can read them" isChecked={isStored} onChange={setStored} />
      <Button kind="primary" isWide isDisabled={!isStored} onClick={onStored}>
        {doneLabel ?? "Go to the console"}
      </Button>
    </div>
  );
}
