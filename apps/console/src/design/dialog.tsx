import "./dialog.css";
import { Dialog as BaseDialog } from "@base-ui/react/dialog";
import { type FormEvent, type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import type { ActionState } from "../api/actions.ts";
import { Button } from "./button.tsx";
import { FailureCallout } from "./callout.tsx";
import { joinClassNames } from "./class-names.ts";
import { Icon } from "./icon.tsx";
import { ScrolledTo } from "./scrolled-to.tsx";
import { TextField } from "./text-field.tsx";

type DialogProps = {
  readonly onClose: () => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly size?: "medium" | "wide";
  /** For what must not be lost by a stray click, such as a secret that is shown once. */
  readonly isKeptOnOutsideClick?: boolean;
  /** For the one that may open above another: its Escape must not close both. */
  readonly isOnTop?: boolean;
  readonly children: ReactNode;
};

/**
 * Open for as long as it is mounted. Focus goes in and comes back; Escape closes. Its content is `dialog__body`, then
 * `dialog__foot`.
 */
export function Dialog({ onClose, title, description, size, children, ...behaviour }: DialogProps) {
  const popup = useRef<HTMLDivElement>(null);
  const keepEscape = (event: KeyboardEvent): void => {
    if (behaviour.isOnTop !== true || event.key !== "Escape") return;
    event.stopPropagation();
    onClose();
  };
  return (
    <BaseDialog.Root
      open
      disablePointerDismissal={behaviour.isKeptOnOutsideClick ?? false}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className="dialog__backdrop" />
        <BaseDialog.Popup
          className={joinClassNames("dialog", size === "wide" && "dialog--wide")}
          onKeyDown={keepEscape}
          ref={popup}
          initialFocus={() => findFirstField(popup.current)}
        >
          <div className="dialog__head">
            <BaseDialog.Title className="dialog__title">{title}</BaseDialog.Title>
            <BaseDialog.Close className="icon-button" aria-label="Close">
              <Icon name="close" />
            </BaseDialog.Close>
            {description !== undefined && (
              <BaseDialog.Description className="dialog__description" render={<div />}>
                {description}
              </BaseDialog.Description>
            )}
          </div>
          {children}
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

/** Where one will type; else whatever comes first. */
function findFirstField(popup: HTMLElement | null): HTMLElement | true {
  return popup?.querySelector<HTMLElement>("input:not([type=checkbox], [type=radio]), select, textarea") ?? true;
}

type FormDialogProps = DialogProps & {
  readonly submitLabel: string;
  readonly submitKind?: "primary" | "danger";
  /** What it does, such as that of `useAction`. */
  readonly action: ActionState;
  readonly isSubmitDisabled?: boolean;
  readonly onSubmit: () => void;
};

/** A dialog that is one form: Enter submits, the failure stands above the buttons, what was entered stays. */
export function FormDialog({ children, action, onSubmit, ...props }: FormDialogProps) {
  const isInert = action.isRunning || props.isSubmitDisabled === true;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    // React hands the events of a dialog on to the form that it was opened from.
    event.stopPropagation();
    if (!isInert) onSubmit();
  };
  return (
    <Dialog {...props}>
      <form className="dialog__form" onSubmit={submit}>
        <div className="dialog__body">
          {children}
          {action.failure !== undefined && (
            <ScrolledTo>
              <FailureCallout failure={action.failure} />
            </ScrolledTo>
          )}
        </div>
        <div className="dialog__foot">
          <Button onClick={props.onClose}>Cancel</Button>
          <Button
            type="submit"
            kind={props.submitKind ?? "primary"}
            isLoading={action.isRunning}
            isDisabled={props.isSubmitDisabled ?? false}
          >
            {props.submitLabel}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

type ConfirmDialogProps = Pick<FormDialogProps, "onClose" | "title" | "action"> & {
  /** What will happen, and whether it can be undone. */
  readonly children: ReactNode;
  readonly confirmLabel: string;
  /** Has to be typed first; for what cannot be undone. */
  readonly typedText?: string;
  readonly onConfirm: () => void;
};

export function ConfirmDialog({ children, confirmLabel, typedText, onConfirm, ...props }: ConfirmDialogProps) {
  const [typed, setTyped] = useState("");
  return (
    <FormDialog
      {...props}
      onSubmit={onConfirm}
      submitLabel={confirmLabel}
      submitKind="danger"
      isSubmitDisabled={typedText !== undefined && typed.trim() !== typedText.trim()}
    >
      <div className="stack stack--tight">{children}</div>
      {typedText !== undefined && (
        <TextField
          label={`Type “${typedText}” to confirm`}
          value={typed}
          onChange={setTyped}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
        />
      )}
    </FormDialog>
  );
}
