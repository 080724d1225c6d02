import type { AuditEventView } from "@biped/management-client";
import { joinClassNames } from "../../design/class-names.ts";
import { compareMembers, type MemberChange } from "./compare-members.ts";

/** Before and after, as people read it. An event of one of them has one column. */
export function MemberChanges({ before, after }: Pick<AuditEventView, "before" | "after">) {
  const changes = compareMembers(before, after);
  if (changes.length === 0) return null;
  const hasBefore = changes.some((change) => change.before !== undefined);
  const hasAfter = changes.some((change) => change.after !== undefined);
  return (
    <div className="member-changes__frame">
      <table className="member-changes">
        <thead>
          <tr>
            <th scope="col">Member</th>
            {hasBefore && <th scope="col">{hasAfter ? "Before" : "What it was"}</th>}
            {hasAfter && <th scope="col">{hasBefore ? "After" : "Value"}</th>}
          </tr>
        </thead>
        <tbody>
          {changes.map((change) => (
            <tr key={change.member}>
              <th scope="row">{change.title}</th>
              {hasBefore && <ValueCell change={change} side="before" isMarked={hasAfter} />}
              {hasAfter && <ValueCell change={change} side="after" isMarked={hasBefore} />}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

type ValueCellProps = {
  readonly change: MemberChange;
  readonly side: "before" | "after";
  /** Where there is another side to differ from. */
  readonly isMarked: boolean;
};

function ValueCell({ change, side, isMarked }: ValueCellProps) {
  const value = change[side];
  const isChanged = isMarked && change.before !== change.after && value !== undefined;
  const Mark = side === "before" ? "del" : "ins";
  return (
    <td className={joinClassNames(isChanged && `member-changes__${side}`)}>
      {value === undefined ? <span className="muted">not there</span> : isChanged ? <Mark>{value}</Mark> : value}
    </td>
  );
}
