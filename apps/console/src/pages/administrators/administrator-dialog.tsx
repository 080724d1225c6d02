import type { Administrator, Invited } from "@biped/management-client";
import { type ReactNode, useState } from "react";
import { useAction } from "../../api/actions.ts";
import { FormDialog } from "../../design/dialog.tsx";
import { showToast } from "../../design/toast.ts";
import { InvitationDialog } from "./invitation-dialog.tsx";

export type Intent = "disable" | "give-role" | "take-role" | "invite-again";

type AdministratorDialogProps = {
  readonly administrator: Administrator;
  readonly intent: Intent;
  readonly onClose: () => void;
};

export function AdministratorDialog({ intent, ...props }: AdministratorDialogProps) {
  return intent === "invite-again" ? <InviteAgain {...props} /> : <ChangeStanding {...props} intent={intent} />;
}

type Change = {
  readonly title: (name: string) => string;
  readonly text: ReactNode;
  readonly label: string;
  readonly kind: "primary" | "danger";
  readonly body: { readonly state: "disabled" } | { readonly platformRole: "owner" | null };
  readonly done: string;
};

const changes: Readonly<Record<Exclude<Intent, "invite-again">, Change>> = {
  disable: {
    title: (name) => `Disable ${name}`,
    text: (
      <ul className="bullets">
        <li>Their sessions end at once, and their access tokens are refused.</li>
        <li>An invitation that they have not accepted ends.</li>
        <li>What they made stays: accounts, projects, credentials.</li>
        <li>You can enable them again; password and second factor are then as before.</li>
      </ul>
    ),
    label: "Disable",
    kind: "danger",
    body: { state: "disabled" },
    done: "Administrator disabled",
  },
  "give-role": {
    title: (name) => `Make ${name} a platform owner`,
    text: (
      <p>
        They may then do everything in every account: also change clouds, rotate signing keys, and invite or disable
        administrators, you included.
      </p>
    ),
    label: "Make platform owner",
    kind: "primary",
    body: { platformRole: "owner" },
    done: "Platform role given",
  },
  "take-role": {
    title: (name) => `Take the platform role from ${name}`,
    text: <p>Their sessions end. When they sign in again they see only the accounts of which they are members.</p>,
    label: "Take the platform role",
    kind: "danger",
    body: { platformRole: null },
    done: "Platform role taken",
  },
};

type ChangeStandingProps = Omit<AdministratorDialogProps, "intent"> & { readonly intent: keyof typeof changes };

function ChangeStanding({ administrator, intent, onClose }: ChangeStandingProps) {
  const action = useAction("PATCH /api/administrators/:administratorId");
  const { title, text, label, kind, body, done } = changes[intent];
  const change = async (): Promise<void> => {
    const input = { params: { administratorId: administrator.id }, body };
    if ((await action.run(input, { ifVersion: administrator.version })) === undefined) return;
    onClose();
    showToast({ title: done, text: administrator.email });
  };
  return (
    <FormDialog
      onClose={onClose}
      title={title(administrator.name)}
      description={administrator.name === administrator.email ? undefined : administrator.email}
      submitLabel={label}
      submitKind={kind}
      action={action}
      onSubmit={() => void change()}
    >
      {text}
    </FormDialog>
  );
}

function InviteAgain({ administrator, onClose }: Omit<AdministratorDialogProps, "intent">) {
  const [invited, setInvited] = useState<Invited | undefined>(undefined);
  const action = useAction("POST /api/administrators/:administratorId/invitation");
  const invite = async (): Promise<void> => {
    const input = { params: { administratorId: administrator.id }, body: {} };
    const done = await action.run(input, { ifVersion: administrator.version });
    if (done !== undefined) setInvited(done.answer);
  };
  if (invited !== undefined) return <InvitationDialog invited={invited} onClose={onClose} />;
  return (
    <FormDialog
      onClose={onClose}
      title={`New invitation for ${administrator.name}`}
      description="For who lost the first one, or cannot sign in any more."
      submitLabel="Make a new invitation"
      submitKind={administrator.state === "invited" ? "primary" : "danger"}
      action={action}
      onSubmit={() => void invite()}
    >
      {administrator.state === "invited" ? (
        <p>The former invitation ends. You get a new link to hand over.</p>
      ) : (
        <ul className="bullets">
          <li>Password, passkeys, authenticator app and recovery codes of {administrator.email} end at once.</li>
          <li>So do their sessions. They cannot sign in until they have accepted the invitation.</li>
          <li>Roles and memberships stay. This cannot be undone.</li>
        </ul>
      )}
    </FormDialog>
  );
}
