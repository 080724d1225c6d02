import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import type { Failure } from "../../api/failure.ts";
import { FormDialog } from "../../design/dialog.tsx";
import { TextArea } from "../../design/text-area.tsx";
import { showToast } from "../../design/toast.ts";
import { findPastedToken } from "./pasted-token.ts";

/** What is pasted is in this dialog alone, and gone with it. */
export function RevokeTokenDialog({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState("");
  const action = useAction("POST /api/tokens/revocation");
  const token = findPastedToken(text);
  const revoke = async (): Promise<void> => {
    if (token === undefined) return;
    const done = await action.run({ body: { token } });
    if (done === undefined) return;
    onClose();
    const { tokenId, projectId } = done.answer;
    const told = `Every guard refuses ${tokenId}, of project ${projectId}, within ten seconds.`;
    showToast({ title: "Token taken back", text: told });
  };
  return (
    <FormDialog
      onClose={onClose}
      title="Take back one token"
      submitLabel="Take it back"
      submitKind="danger"
      action={{ isRunning: action.isRunning, failure: explainUnknown(action.failure) }}
      isSubmitDisabled={token === undefined}
      onSubmit={() => void revoke()}
    >
      <p>
        Every guard refuses it within ten seconds. Its program gets another one with the same secret; if a secret is
        known to others, retire that instead. This cannot be undone.
      </p>
      <TextArea
        label="Token"
        hint="As it was issued, or the header that it was sent in. It is stored nowhere, only its id is."
        error={
          text !== "" && token === undefined
            ? "This is no whole token. One begins with eyJ and has two dots."
            : undefined
        }
        isMono
        rows={6}
        maxLength={8192}
        value={text}
        onChange={setText}
      />
    </FormDialog>
  );
}

/** The service has one answer for each of these, so that nobody learns anything of a foreign token. */
function explainUnknown(failure: Failure | undefined): Failure | undefined {
  if (failure?.kind !== "not-found") return failure;
  const text = "It has ended, was taken back with others, was not issued here, or is of an account that is not yours.";
  return { ...failure, title: "No such token lives", text };
}
