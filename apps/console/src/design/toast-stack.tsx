import "./toast-stack.css";
import { Toast } from "@base-ui/react/toast";
import { useEffect } from "react";
import { formatButtonClass } from "./button.tsx";
import { Icon } from "./icon.tsx";
import { type Message, subscribeToMessages, takeWaiting } from "./toast.ts";

const toasts = Toast.createToastManager();
const announceMs = 100;

export function ToastStack() {
  useEffect(() => {
    const addAll = (): void => {
      for (const message of takeWaiting()) addToast(message);
    };
    // Screen readers read out what changes in a region that they have seen: first the region, then its content.
    const timer = window.setTimeout(addAll, announceMs);
    const unsubscribe = subscribeToMessages(addAll);
    return () => {
      window.clearTimeout(timer);
      unsubscribe();
    };
  }, []);
  return (
    <Toast.Provider toastManager={toasts}>
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function addToast({ kind, title, text, onUndo }: Message): void {
  if (kind === "failed") {
    toasts.add({ title, description: text, type: kind, timeout: 0, priority: "high" });
    return;
  }
  if (onUndo === undefined) {
    toasts.add({ title, description: text, type: kind, timeout: 5000 });
    return;
  }
  const undo = (): void => {
    toasts.close(id);
    onUndo();
  };
  const actionProps = { children: "Undo", onClick: undo };
  const id = toasts.add({ title, description: text, type: kind, timeout: 10_000, actionProps });
}

function ToastList() {
  return Toast.useToastManager().toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className="toast" swipeDirection={["right", "down"]}>
      <Toast.Content className="toast__content">
        <Icon name={toast.type === "failed" ? "warning" : "success"} />
        <div className="toast__words">
          <Toast.Title className="toast__title" />
          <Toast.Description className="toast__text" />
        </div>
        <Toast.Action className={formatButtonClass({ size: "small" })} />
        <Toast.Close className="icon-button" aria-label="Close this message">
          <Icon name="close" size={14} />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}
