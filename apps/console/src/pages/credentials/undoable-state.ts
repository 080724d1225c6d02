import { useQueryClient } from "@tanstack/react-query";
import type { Failure } from "../../api/failure.ts";
import { showFailure, showToast } from "../../design/toast.ts";

type State = "enabled" | "disabled";
type Changed = { readonly state: State; readonly version: number };

type Switched = {
  readonly name: string;
  readonly state: State;
  readonly version: number;
  /** Undefined where it failed. */
  readonly set: (next: State, ifVersion: number) => Promise<Changed | undefined>;
  readonly failure: Failure | undefined;
  readonly onForget: () => void;
};

export type UndoableState = {
  readonly toggle: () => void;
  readonly failure: Failure | undefined;
  /** Forgets the failure and reads again what is there now. */
  readonly onReload: () => void;
};

/** Disabling and enabling are done at once, and can be taken back for as long as the message stands. */
export function useUndoableState({ name, state, version, set, failure, onForget }: Switched): UndoableState {
  const queryClient = useQueryClient();
  const next = state === "enabled" ? "disabled" : "enabled";
  const undo = async ({ version: ifVersion }: Changed): Promise<void> => {
    const back = await set(state, ifVersion);
    if (back === undefined) showFailure(undoFailure);
    else showToast({ title: `${state === "enabled" ? "Enabled" : "Disabled"} again`, text: name });
  };
  const toggle = async (): Promise<void> => {
    const changed = await set(next, version);
    if (changed === undefined) return;
    showToast({ title: next === "enabled" ? "Enabled" : "Disabled", text: name, onUndo: () => void undo(changed) });
  };
  return {
    toggle: () => void toggle(),
    failure,
    onReload: () => {
      onForget();
      void queryClient.invalidateQueries();
    },
  };
}

const undoFailure = {
  title: "That could not be taken back",
  text: "Somebody may have changed it meanwhile. Look at its state, and change it there.",
};
