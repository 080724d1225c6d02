export function SettingsTab() {
  return <p className="muted">The account's name, the longest life of its credentials, and its state.</p>;
}
