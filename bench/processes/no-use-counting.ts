/**
 * For the comparison "use counting off", which the product does not offer: loaded before the server, it puts a
 * counter that counts nothing in the place of the real one. Everything else stays as it is.
 */

import { registerHooks } from "node:module";

const substitute = `
  export const createUseCounter = () => ({ count: () => {}, flush: async () => {} });
`;

let replaced = false;

registerHooks({
  load: (url, context, nextLoad) => {
    if (!url.endsWith("/credentials/use-counter.ts")) return nextLoad(url, context);
    replaced = true;
    return { format: "module", source: substitute, shortCircuit: true };
  },
});

process.once("beforeExit", () => {
  if (!replaced) throw new Error("The use counter is no longer where it was, so nothing was switched off.");
});
