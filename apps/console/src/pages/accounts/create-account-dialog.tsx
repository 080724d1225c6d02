import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { FormDialog } from "../../design/dialog.tsx";
import { TextField } from "../../design/text-field.tsx";
import { showToast } from "../../design/toast.ts";

type CreateAccountDialogProps = {
  readonly onClose: () => void;
};

export function CreateAccountDialog({ onClose }: CreateAccountDialogProps) {
  const [name, setName] = useState("");
  const action = useAction("POST /api/accounts");
  const navigate = useNavigate();
  const create = async (): Promise<void> => {
    const done = await action.run({ body: { name: name.trim() } });
    if (done === undefined) return;
    onClose();
    showToast({ title: "Account created", text: done.answer.name });
    await navigate({
      to: "/accounts/$accountId",
      params: { accountId: done.answer.id },
    });
  };
  return (
    <FormDialog
      onClose={onClose}
      title="Create account"
      description="For one customer. Its projects and credentials come next."
      submitLabel="Create account"
      action={action}
      isSubmitDisabled={name.trim() === ""}
      onSubmit={() => void create()}
    >
      <TextField
        label="Name"
        hint="As your people know the customer. You can change it later."
        value={name}
        onChange={setName}
        autoComplete="off"
        maxLength={200}
      />
    </FormDialog>
  );
}
