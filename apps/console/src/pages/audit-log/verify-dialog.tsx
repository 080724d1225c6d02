import type { Answer } from "@biped/management-client";
import { useOperation } from "../../api/queries.ts";
import { Button } from "../../design/button.tsx";
import { Callout } from "../../design/callout.tsx";
import { CodeBlock } from "../../design/code-block.tsx";
import { CopyButton } from "../../design/copy.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { ErrorState, Skeleton } from "../../design/states.tsx";
import { formatExact } from "../../design/time-format.ts";

/** For platform owners: the verdict of the server, and the head by which others can check the server. */
export function VerifyDialog({ onClose }: { readonly onClose: () => void }) {
  const verification = useOperation("GET /api/audit-log/verification", {});
  const again = (): void => void verification.refetch();
  return (
    <Dialog
      onClose={onClose}
      size="wide"
      title="Verify the chain"
      description="Every event's hash is made again from what it tells, and from the hash before it."
    >
      <div className="dialog__body">
        <div aria-live="polite">
          {verification.error !== null && <ErrorState error={verification.error} onRetry={again} />}
          {verification.error === null && (verification.data === undefined || verification.isFetching) && <Working />}
          {verification.data !== undefined && !verification.isFetching && <Verdict found={verification.data} />}
        </div>
        <SignedHead />
      </div>
      <div className="dialog__foot">
        <Button icon="rotate" isLoading={verification.isFetching} onClick={again}>
          Verify again
        </Button>
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  );
}

function Working() {
  return (
    <div className="stack stack--tight">
      <span className="visually-hidden">Verifying</span>
      <Skeleton width="12rem" />
      <Skeleton />
    </div>
  );
}

type Found = Answer<"GET /api/audit-log/verification">;

function Verdict({ found: { intact, events, heads, fault } }: { readonly found: Found }) {
  if (!intact || fault !== null) {
    return (
      <Callout kind="danger" title="The chain is broken">
        {fault === null ? "The server names no place." : `At event ${fault.sequence}: ${fault.reason}.`} Somebody
        changed the database beside Biped, or a copy was put back. Export the log, keep the file of signed heads, and
        ask whoever runs the database.
      </Callout>
    );
  }
  return (
    <Callout kind="success" title="The chain is intact">
      {events === 1 ? "The one event is" : `All ${events} events are`} as they were written, in their order, and none is
      missing up to the last signed head. {formatHeads(heads)}
    </Callout>
  );
}

function formatHeads(heads: number): string {
  if (heads === 0) return "There is no signed head outside the database yet.";
  return heads === 1
    ? "One signed head outside the database agrees."
    : `${heads} signed heads outside the database agree.`;
}

/** Fetched with the dialog: it is of the same moment as the verdict. */
function SignedHead() {
  const { data, error, refetch } = useOperation("GET /api/audit-log/head", {});
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Skeleton />;
  const line = JSON.stringify(data);
  return (
    <section className="stack stack--tight">
      <div className="row row--apart">
        <h3>Signed head</h3>
        <CopyButton text={line} what="signed head" look="button" />
      </div>
      <p className="muted">
        Event {data.sequence}, signed {formatExact(data.at)}. Keep it where this server cannot write: later it shows
        that nothing before it was taken out.
      </p>
      <p className="head__line mono">{line}</p>
      <p className="muted">With the exported JSON lines, anybody can check it without this server:</p>
      <CodeBlock label="command" code="biped audit verify events.jsonl --heads audit-heads.jsonl" />
    </section>
  );
}
