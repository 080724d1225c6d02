import "./second-factor.css";
import { type FormEvent, useState } from "react";
import { useAction } from "../../api/actions.ts";
import { Button } from "../../design/button.tsx";
import { FailureCallout } from "../../design/callout.tsx";
import { CopyField } from "../../design/copy.tsx";
import { QrCode } from "../../design/qr-code.tsx";
import { TextField } from "../../design/text-field.tsx";

type Key = { readonly secret: string; readonly uri: string };
type TotpEnrolmentProps = {
  readonly onDone: (recoveryCodes: readonly string[] | null) => void;
};

export function TotpEnrolment({ onDone }: TotpEnrolmentProps) {
  const [key, setKey] = useState<Key | undefined>(undefined);
  const begin = useAction("POST /api/totp");
  const start = async (): Promise<void> => {
    const begun = await begin.run({ body: {} });
    if (begun !== undefined) setKey(begun.answer);
  };
  if (key !== undefined) return <Confirmation totpKey={key} onDone={onDone} />;
  return (
    <>
      {begin.failure !== undefined && <FailureCallout failure={begin.failure} />}
      <Button kind="primary" icon="phone" isWide isLoading={begin.isRunning} onClick={start}>
        Show the code to scan
      </Button>
    </>
  );
}

function Confirmation({ totpKey, onDone }: TotpEnrolmentProps & { readonly totpKey: Key }) {
  const [code, setCode] = useState("");
  const finish = useAction("PUT /api/totp");
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const done = await finish.run({ body: { code: code.trim() } });
    if (done === undefined) setCode("");
    else onDone(done.answer.recoveryCodes);
  };
  return (
    <form className="totp-setup" onSubmit={submit}>
      <QrCode text={totpKey.uri} label="Code to scan with your authenticator app" />
      <div className="stack">
        <CopyField label="Or enter this key" what="key" value={totpKey.secret} isGrouped />
        <TextField
          label="Code that the app shows now"
          value={code}
          onChange={setCode}
          isMono
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={64}
        />
        {finish.failure !== undefined && <FailureCallout failure={finish.failure} />}
        <Button type="submit" kind="primary" isWide isLoading={finish.isRunning}>
          Finish
        </Button>
      </div>
    </form>
  );
}
