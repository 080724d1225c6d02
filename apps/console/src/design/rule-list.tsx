import "./rule-list.css";
import { joinClassNames } from "./class-names.ts";
import { Icon } from "./icon.tsx";

export type Rule = {
  readonly id: string;
  readonly text: string;
  readonly isMet: boolean;
};

/** As the hint of a field: the rules are shown from the start, and tick themselves off. */
export function RuleList({ rules }: { readonly rules: readonly Rule[] }) {
  return (
    <ul className="rule-list">
      {rules.map(({ id, text, isMet }) => (
        <li key={id} className={joinClassNames("rule-list__rule", isMet && "rule-list__rule--met")}>
          <span className="rule-list__mark" aria-hidden="true">
            {isMet ? <Icon name="check" size={14} /> : <span className="rule-list__dot" />}
          </span>
          {text}
          {isMet && <span className="visually-hidden">(met)</span>}
        </li>
      ))}
    </ul>
  );
}
