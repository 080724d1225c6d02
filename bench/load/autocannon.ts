/** Load by autocannon, in a process of its own, so that its processor time can be told from ours. */

import { fork } from "node:child_process";
import { join } from "node:path";
import type { LoadPlan, LoadResult, OnBegin } from "./load.ts";

export type AutocannonMessage = { readonly kind: "begun" } | { readonly kind: "done"; readonly result: LoadResult };

export function runAutocannon(plan: LoadPlan, onBegin: OnBegin, onEnd: () => void): Promise<LoadResult> {
  const child = fork(join(import.meta.dirname, "autocannon-child.ts"), [JSON.stringify(plan)]);
  return new Promise((resolve, reject) => {
    child.on("message", (message: AutocannonMessage) => {
      if (message.kind === "begun") onBegin(child.pid);
      else {
        onEnd();
        resolve(message.result);
        child.disconnect();
      }
    });
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`The load generator ended with code ${code}.`)));
  });
}
