import type { Project, Role } from "@biped/management-client";
import { useState } from "react";
import { useAction } from "../../api/actions.ts";
import { mayActAs } from "../../api/permissions.ts";
import { Button, IconButton } from "../../design/button.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../design/menu.tsx";
import { StateFailure } from "../credentials/state-failure.tsx";
import { useUndoableState } from "../credentials/undoable-state.ts";

const EditProjectDialog = lazyPart(() =>
  import("./edit-project-dialog.tsx").then((module) => module.EditProjectDialog),
);
const MoveProjectDialog = lazyPart(() =>
  import("./move-project-dialog.tsx").then((module) => module.MoveProjectDialog),
);
const TakeBackTokensDialog = lazyPart(() =>
  import("./take-back-tokens-dialog.tsx").then((module) => module.TakeBackTokensDialog),
);

type ProjectActionsProps = { readonly project: Project; readonly role: Role | undefined };

/** Moving is for owners, since secret tokens follow the endpoint. */
export function ProjectActions({ project, role }: ProjectActionsProps) {
  const [open, setOpen] = useState<"edit" | "move" | "tokens" | undefined>(undefined);
  const close = (): void => setOpen(undefined);
  const state = useProjectState(project);
  return (
    <>
      <Button onClick={() => setOpen("edit")}>Edit</Button>
      <Menu align="end" trigger={<IconButton icon="more" label="More actions" />}>
        {mayActAs(role, "owner") && (
          <MenuItem icon="cloud" onSelect={() => setOpen("move")}>
            Move to another cloud
          </MenuItem>
        )}
        <MenuItem onSelect={state.toggle}>{project.state === "enabled" ? "Disable" : "Enable"}</MenuItem>
        <MenuSeparator />
        <MenuItem icon="revocation" kind="danger" onSelect={() => setOpen("tokens")}>
          Take back all tokens
        </MenuItem>
      </Menu>
      {state.failure !== undefined && <StateFailure failure={state.failure} onReload={state.onReload} />}
      {open === "edit" && <EditProjectDialog project={project} onClose={close} />}
      {open === "move" && <MoveProjectDialog project={project} onClose={close} />}
      {open === "tokens" && <TakeBackTokensDialog project={project} onClose={close} />}
    </>
  );
}

function useProjectState({ id: projectId, name, state, version }: Project) {
  const action = useAction("PATCH /api/projects/:projectId");
  const set = async (next: "enabled" | "disabled", ifVersion: number) =>
    (await action.run({ params: { projectId }, body: { state: next } }, { ifVersion }))?.answer;
  return useUndoableState({ name, state, version, set, failure: action.failure, onForget: action.reset });
}
