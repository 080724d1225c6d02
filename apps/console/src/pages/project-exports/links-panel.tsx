import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { Button } from "../../design/button.tsx";
import { ConfirmDialog } from "../../design/dialog.tsx";
import { Panel } from "../../design/layout.tsx";
import { showToast } from "../../design/toast.ts";

export function LinksPanel({ projectId }: { readonly projectId: number }) {
  const [isAsking, setAsking] = useState(false);
  const end = <Button onClick={() => setAsking(true)}>End all links</Button>;
  return (
    <Panel
      title="Links to files"
      text="Whoever has the link to a file can download it for 15 minutes. If one may have got into the wrong hands, end them all."
      actions={end}
    >
      {isAsking && <EndLinksDialog projectId={projectId} onClose={() => setAsking(false)} />}
    </Panel>
  );
}

function EndLinksDialog({ projectId, onClose }: { readonly projectId: number; readonly onClose: () => void }) {
  const action = useAction("DELETE /api/projects/:projectId/export-links");
  const end = async (): Promise<void> => {
    if ((await action.run({ params: { projectId } })) === undefined) return;
    onClose();
    showToast({ title: "All links have ended", text: "Reading a run gives new ones." });
  };
  return (
    <ConfirmDialog
      onClose={onClose}
      title="End all links of this project?"
      confirmLabel="End all links"
      action={action}
      onConfirm={() => void end()}
    >
      <ul className="bullets">
        <li>Every link to a file of every job of the project stops working at once.</li>
        <li>No file is deleted. Whoever may read a run gets new links by reading it again.</li>
        <li>Programs that are about to fetch a file are refused, and have to read the run again.</li>
      </ul>
    </ConfirmDialog>
  );
}
