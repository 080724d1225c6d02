import { useAction } from "../../api/actions.ts";
import { FormDialog } from "../../design/dialog.tsx";
import { showToast } from "../../design/toast.ts";

export function RotateDialog({ onClose }: { readonly onClose: () => void }) {
  const action = useAction("POST /api/signing-keys");
  const rotate = async (): Promise<void> => {
    if ((await action.run({ body: {} })) === undefined) return;
    onClose();
    showToast({ title: "The next key is published", text: "It signs in ten minutes." });
  };
  return (
    <FormDialog
      onClose={onClose}
      title="Rotate the signing key"
      submitLabel="Rotate"
      action={action}
      onSubmit={() => void rotate()}
    >
      <ul className="bullets">
        <li>Now: a new key is published, and signs nothing yet.</li>
        <li>
          In ten minutes: it signs every new token. The present key verifies its own tokens until they have ended.
        </li>
        <li>About an hour later: the present key is removed.</li>
      </ul>
      <p>Nobody notices: no token is refused, and no program has to do anything.</p>
    </FormDialog>
  );
}
