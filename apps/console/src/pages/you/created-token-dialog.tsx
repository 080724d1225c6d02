import { Button } from "../../design/button.tsx";
import { Callout } from "../../design/callout.tsx";
import { CodeBlock } from "../../design/code-block.tsx";
import { SecretField } from "../../design/copy.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { formatLoginSample } from "./token-scopes.ts";

type CreatedTokenDialogProps = {
  readonly name: string;
  /** Null where the answer of a first try was lost: then nobody has seen it. */
  readonly token: string | null;
  readonly onClose: () => void;
};

export function CreatedTokenDialog({ name, token, onClose }: CreatedTokenDialogProps) {
  return (
    <Dialog isKeptOnOutsideClick onClose={onClose} title={`The token ${name} is made`}>
      <div className="dialog__body">
        {token === null ? <Lost /> : <SecretField label="Access token" what="access token" value={token} />}
        {token !== null && (
          <div className="stack stack--tight">
            <h3>Sign in with the command</h3>
            <CodeBlock label="command" code={formatLoginSample(window.location.origin)} />
            <p className="muted">
              Programs send it as <code>Authorization: Bearer</code>, or find it in <code>BIPED_ADMIN_TOKEN</code>.
            </p>
          </div>
        )}
      </div>
      <div className="dialog__foot">
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  );
}

function Lost() {
  return (
    <Callout kind="warning" title="Its value was lost on the way">
      The token was made, but the connection broke before it came here, and it is shown once. End it in the list, and
      create another one.
    </Callout>
  );
}
