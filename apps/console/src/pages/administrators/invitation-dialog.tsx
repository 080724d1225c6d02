import type { Invited } from "@biped/management-client";
import { Button } from "../../design/button.tsx";
import { Callout } from "../../design/callout.tsx";
import { CopyButton, CopyField } from "../../design/copy.tsx";
import { Dialog } from "../../design/dialog.tsx";

type InvitationDialogProps = {
  readonly invited: Invited;
  readonly onClose: () => void;
};

/** The link, this once. Biped sends no mail: whoever invites knows best how to reach the person. */
export function InvitationDialog({ invited, onClose }: InvitationDialogProps) {
  const { administrator, invitationUrl } = invited;
  return (
    <Dialog
      onClose={onClose}
      isKeptOnOutsideClick
      title="Hand over the invitation"
      description={`For ${administrator.email}. With it they choose a name, a password and a second factor.`}
    >
      <div className="dialog__body">{invitationUrl === null ? <ShownBefore /> : <Link url={invitationUrl} />}</div>
      <div className="dialog__foot">
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  );
}

function Link({ url }: { readonly url: string }) {
  return (
    <>
      <Callout kind="warning" title="It is shown this once">
        Whoever opens the link first becomes this administrator. Hand it over yourself, by a way that only this person
        reads. It works once, for seven days.
      </Callout>
      <CopyField label="Invitation link" what="invitation link" value={url} />
      <div className="row">
        <CopyButton text={url} what="invitation link" look="button" />
      </div>
    </>
  );
}

function ShownBefore() {
  return (
    <Callout kind="warning" title="The link was shown before">
      It is kept nowhere. If nobody has copied it, make a new invitation: that ends the former one.
    </Callout>
  );
}
