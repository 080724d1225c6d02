import type { Secret } from "@biped/management-client";
import { TimeText } from "../../design/time-text.tsx";

/** When and from where. */
export function SecretUse({ secret }: { readonly secret: Secret }) {
  const { lastUsedAt, lastUsedSource } = secret;
  if (lastUsedAt === null) return <span className="muted">never</span>;
  return (
    <span>
      <TimeText instant={lastUsedAt} />
      {lastUsedSource !== null && <span className="table__below mono">from {lastUsedSource}</span>}
    </span>
  );
}
