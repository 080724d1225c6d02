/**
 * For the comparison "use counting off", which the product does not offer: loaded before the server, it puts a
 * counter that counts nothing in the place of the real one. Everything else stays as it is.
 */

import { registerHooks } from "node:module";
import { uncountedNotice } from "../servers/biped.ts";

const substitute = `
  export const createUseCounter = () => {
    process.stdout.write(${JSON.stringify(`${uncountedNotice}\n`)});
    return { count: () => {}, flush: async () => {} };
  };
`;

registerHooks({
  load: (url, context, nextLoad) =>
    url.endsWith("/credentials/use-counter.ts")
      ? { format: "module", source: substitute, shortCircuit: true }
      : nextLoad(url, context),
});
