import { useRef, useSyncExternalStore } from "react";
import { lazyPart } from "./lazy-part.tsx";
import { readWaiting, subscribeToMessages } from "./toast.ts";

const ToastStack = lazyPart(() => import("./toast-stack.tsx").then((module) => module.ToastStack));

/** Once, at the root of the app. What draws the messages is loaded with the first of them. */
export function ToastRegion() {
  const wasNeeded = useRef(false);
  const isNeeded = useSyncExternalStore(subscribeToMessages, () => readWaiting().length > 0);
  wasNeeded.current ||= isNeeded;
  return wasNeeded.current ? <ToastStack /> : null;
}
