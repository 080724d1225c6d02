import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { FormDialog } from "../../design/dialog.tsx";
import { RuleList } from "../../design/rule-list.tsx";
import { TextField } from "../../design/text-field.tsx";
import { showToast } from "../../design/toast.ts";
import { areAllMet, checkCloudName, checkEndpoint } from "./cloud-rules.ts";
import { EndpointField } from "./endpoint-field.tsx";

export function CreateCloudDialog({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState("");
  const [endpoint, setEndpoint] = useState("");
  const action = useAction("POST /api/clouds");
  const create = async (): Promise<void> => {
    const done = await action.run({ body: { name, endpoint } });
    if (done === undefined) return;
    onClose();
    showToast({ title: "Cloud created", text: done.answer.name });
  };
  return (
    <FormDialog
      onClose={onClose}
      title="Create cloud"
      description="A place where your APIs run. Its name stays for ever; its endpoint can be changed."
      submitLabel="Create cloud"
      action={action}
      isSubmitDisabled={!areAllMet([...checkCloudName(name), ...checkEndpoint(endpoint)])}
      onSubmit={() => void create()}
    >
      <TextField
        label="Name"
        hint={<RuleList rules={checkCloudName(name)} />}
        placeholder="aws-eu-west-1"
        value={name}
        onChange={setName}
        isMono
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        maxLength={63}
      />
      <EndpointField label="Endpoint" value={endpoint} onChange={setEndpoint} />
    </FormDialog>
  );
}
