import type { Credential } from "@biped/management-client";
import { useSession } from "../../api/session.ts";
import { CodeSamples } from "../../design/code-block.tsx";
import { Panel } from "../../design/layout.tsx";
import { createSamples } from "../credentials/samples.ts";
import { useSampleFacts } from "../credentials/use-sample-facts.ts";

export function SamplesPanel({ credential }: { readonly credential: Credential }) {
  const { issuer } = useSession();
  const facts = { issuer, ...useSampleFacts(credential), secret: undefined };
  return (
    <Panel
      title="Get a token"
      text="With its own client id. The secret is never here: it comes from where you keep it."
    >
      <CodeSamples label="Samples" samples={createSamples(facts)} />
    </Panel>
  );
}
