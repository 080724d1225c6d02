import { useOperation } from "../../api/queries.ts";
import { Badge } from "../../design/badge.tsx";
import { Panel } from "../../design/layout.tsx";
import "../credentials/credentials.css";

export function ScopesPanel({ scopes }: { readonly scopes: readonly string[] }) {
  const { data } = useOperation("GET /api/scopes", {});
  const known = new Map(data?.items.map((scope) => [scope.name, scope]));
  return (
    <Panel title="Scopes" text="What its tokens may open.">
      <ul className="scope-list">
        {scopes.map((name) => {
          const scope = known.get(name);
          return (
            <li key={name}>
              <p className="scope-list__head">
                {scope !== undefined && scope.title !== name && <span>{scope.title}</span>}
                <span className="mono scope-list__name">{name}</span>
                {scope?.isExclusive === true && <Badge kind="accent">alone in a token</Badge>}
              </p>
              {scope !== undefined && <p className="muted">{scope.opens}</p>}
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
