import type { Scope } from "@biped/management-client";
import { Badge } from "../../design/badge.tsx";
import { Callout } from "../../design/callout.tsx";
import { Checkbox } from "../../design/choices.tsx";
import { findExclusiveNotice, toggleScope } from "./scope-rules.ts";
import "./credentials.css";

type ScopeChoicesProps = {
  readonly catalogue: readonly Scope[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
};

/** Each scope with what it opens. The exclusive rule is told when the choice meets it. */
export function ScopeChoices({ catalogue, chosen, onChange }: ScopeChoicesProps) {
  const notice = findExclusiveNotice(chosen, catalogue);
  const unknown = chosen.filter((name) => catalogue.every((scope) => scope.name !== name));
  const offered = [...catalogue, ...unknown.map(describeUnknown)];
  return (
    <fieldset className="field">
      <legend className="field__label">Scopes</legend>
      <div className="scope-choices">
        {offered.map(({ name, title, opens, isExclusive }) => (
          <Checkbox
            key={name}
            label={
              <>
                {title} <span className="mono muted">{name}</span>{" "}
                {isExclusive && <Badge kind="accent">alone in a token</Badge>}
              </>
            }
            hint={opens}
            isChecked={chosen.includes(name)}
            onChange={(isChosen) => onChange(toggleScope(chosen, { name, isChosen }, catalogue))}
          />
        ))}
      </div>
      <div className="field__live" role="status">
        {notice !== undefined && <Callout title="Two tokens will be needed">{notice}</Callout>}
      </div>
    </fieldset>
  );
}

function describeUnknown(name: string): Scope {
  return {
    name,
    title: name,
    opens: "This server does not know it any more. Without it, it cannot be chosen again.",
    isExclusive: false,
  };
}
