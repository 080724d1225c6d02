import type { ActionState } from "../../api/actions.ts";
import { ConfirmDialog } from "../../design/dialog.tsx";
import { showToast } from "../../design/toast.ts";

type ConfirmTakingBackProps = {
  readonly of: "account" | "project" | "credential";
  readonly name: string;
  /** Undefined where it was not done. No version is sent: whatever was changed meanwhile, the tokens have to go. */
  readonly onTakeBack: () => Promise<unknown>;
  readonly action: ActionState;
  readonly onClose: () => void;
};

/** What is lost, and what is not, before all tokens of something are taken back. */
export function ConfirmTakingBack({ of, name, onTakeBack, action, onClose }: ConfirmTakingBackProps) {
  const takeBack = async (): Promise<void> => {
    if ((await onTakeBack()) === undefined) return;
    onClose();
    showToast({ title: "All tokens taken back", text: `Every guard refuses those of ${name} within ten seconds.` });
  };
  const { tokens, secrets } = stories[of];
  return (
    <ConfirmDialog
      onClose={onClose}
      title={`Take back all tokens of ${name}?`}
      confirmLabel="Take all tokens back"
      typedText={name}
      action={action}
      onConfirm={() => void takeBack()}
    >
      <ul className="bullets">
        <li>
          {tokens} Every guard refuses them within ten seconds; APIs that ask the introspection endpoint refuse them at
          once.
        </li>
        <li>
          Its programs have to get a new token. Those with <span className="mono">@biped/client</span> or{" "}
          <span className="mono">biped</span> do so by themselves; others are refused until they do.
        </li>
        <li>{secrets}</li>
      </ul>
      <p>This cannot be undone.</p>
    </ConfirmDialog>
  );
}

const stories: Readonly<Record<ConfirmTakingBackProps["of"], { readonly tokens: string; readonly secrets: string }>> = {
  credential: {
    tokens: "Every token that the credential has got so far is void.",
    secrets:
      "Its secrets stay good, and get new tokens at once. If a secret is known to others, retire it: that takes back the tokens that were got with it.",
  },
  project: {
    tokens: "Every token for the project is void, also those of credentials of account level.",
    secrets:
      "All secrets stay good, and get new tokens at once. Tokens for other projects of the account are not touched.",
  },
  account: {
    tokens: "Every token of the account is void, in all of its projects.",
    secrets: "All secrets stay good, and get new tokens at once. To stop that too, disable the account instead.",
  },
};
