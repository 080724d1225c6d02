import { Badge } from "../../design/badge.tsx";
import { TimeText, useNowMs } from "../../design/time-text.tsx";
import { judgeEnd } from "./end.ts";

/** When a credential or secret ends; a badge where somebody has to do something about it. */
export function EndText({ expiresAt }: { readonly expiresAt: string | null }) {
  const look = judgeEnd(expiresAt, useNowMs());
  if (expiresAt === null) return <span className="muted">never</span>;
  if (look === "later") return <TimeText instant={expiresAt} />;
  return (
    <Badge kind={look === "soon" ? "warning" : "danger"}>
      {look === "soon" ? "ends" : "ended"} <TimeText instant={expiresAt} />
    </Badge>
  );
}
