/**
 * For the comparison "use counting off", which the product does not offer: loaded before the server, it puts counters
 * of uses and refusals that count nothing in the place of the real ones. Everything else stays as it is.
 */

import { registerHooks } from "node:module";
import { uncountedNotice } from "../servers/biped.ts";

const counters = [
  { file: "/credentials/use-counter.ts", create: "createUseCounter" },
  { file: "/usage/refusal-counter.ts", create: "createRefusalCounter" },
];

const substitute = (create: string): string => `
  export const ${create} = () => {
    process.stdout.write(${JSON.stringify(`${uncountedNotice}: `)} + "${create}\\n");
    return { count: () => {}, flush: async () => {} };
  };
`;

registerHooks({
  load: (url, context, nextLoad) => {
    const counter = counters.find(({ file }) => url.endsWith(file));
    if (counter === undefined) return nextLoad(url, context);
    return { format: "module", source: substitute(counter.create), shortCircuit: true };
  },
});
