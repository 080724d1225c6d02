export function MembersTab() {
  return <p className="muted">Who may do what in this account.</p>;
}
