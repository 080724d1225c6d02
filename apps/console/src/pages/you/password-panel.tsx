import { useState } from "react";
import { Button } from "../../design/button.tsx";
import { Panel } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";

const PasswordDialog = lazyPart(() => import("./password-dialog.tsx").then((module) => module.PasswordDialog));

export function PasswordPanel() {
  const [isChanging, setChanging] = useState(false);
  return (
    <Panel
      title="Password"
      text="A long phrase is better than a short riddle. A changed password ends your other sessions."
      actions={<Button onClick={() => setChanging(true)}>Change password</Button>}
    >
      {isChanging && <PasswordDialog onClose={() => setChanging(false)} />}
    </Panel>
  );
}
