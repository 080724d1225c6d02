import { expect, test } from "vitest";
import { readWaiting, showFailure, showToast, subscribeToMessages, takeWaiting } from "./toast.ts";

test("a message waits until it is taken, once, and whoever listens is told", () => {
  let told = 0;
  const unsubscribe = subscribeToMessages(() => {
    told += 1;
  });
  showToast({ title: "Account created", text: "Northwind" });
  showFailure({ title: "You may not do this", text: "Ask an owner." });
  unsubscribe();
  expect(told).toBe(2);
  expect(takeWaiting()).toEqual([
    { kind: "done", title: "Account created", text: "Northwind", onUndo: undefined },
    { kind: "failed", title: "You may not do this", text: "Ask an owner.", onUndo: undefined },
  ]);
  expect(readWaiting()).toEqual([]);
});
