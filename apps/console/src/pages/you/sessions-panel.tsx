import type { OwnSession } from "@biped/management-client";
import { useAction } from "../../api/actions.ts";
import { useOperation } from "../../api/queries.ts";
import { Badge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { Panel } from "../../design/layout.tsx";
import { ErrorState, Skeleton } from "../../design/states.tsx";
import { TimeText } from "../../design/time-text.tsx";
import { showToast } from "../../design/toast.ts";
import { useShownFailure } from "../../design/use-shown-failure.ts";
import { describeUserAgent } from "./describe-user-agent.ts";
import { OwnList } from "./own-list.tsx";

export function SessionsPanel() {
  const { data, error, refetch } = useOperation("GET /api/sessions", {});
  const ending = useEnding();
  const others = data?.items.filter(({ isCurrent }) => !isCurrent) ?? [];
  const endAll = others.length > 1 && (
    <Button isLoading={ending.isRunning} onClick={() => void ending.end(others)}>
      End all others
    </Button>
  );
  return (
    <Panel
      title="Sessions"
      text="Where you are signed in. A session ends after 30 minutes without use."
      actions={endAll}
    >
      {error !== null && <ErrorState error={error} onRetry={() => void refetch()} />}
      {error === null && data === undefined && <Skeleton width="16rem" />}
      {data !== undefined && (
        <OwnList
          label="Sessions"
          items={data.items.map((session) => formatSession(session, (ended) => void ending.end([ended])))}
        />
      )}
    </Panel>
  );
}

/** At once: whoever was signed in there can sign in again. */
function useEnding() {
  const action = useAction("DELETE /api/sessions/:sessionId");
  useShownFailure(action.failure);
  const end = async (sessions: readonly OwnSession[]): Promise<void> => {
    for (const { id } of sessions) {
      if ((await action.run({ params: { sessionId: id } })) === undefined) return;
    }
    showToast({ title: sessions.length === 1 ? "Session ended" : `${sessions.length} sessions ended` });
  };
  return { end, isRunning: action.isRunning };
}

function formatSession(session: OwnSession, onEnd: (session: OwnSession) => void) {
  const { id, isCurrent, createdAt, lastSeenAt, source, userAgent } = session;
  const device = describeUserAgent(userAgent);
  return {
    id,
    title: (
      <>
        {device} {isCurrent && <Badge kind="accent">this one</Badge>}
      </>
    ),
    text: (
      <>
        From <span className="mono">{source}</span>, signed in <TimeText instant={createdAt} />, last seen{" "}
        <TimeText instant={lastSeenAt} />
      </>
    ),
    action: isCurrent ? undefined : (
      <Button size="small" onClick={() => onEnd(session)}>
        End<span className="visually-hidden"> the session of {device}</span>
      </Button>
    ),
  };
}
