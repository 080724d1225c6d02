export function CredentialsTab() {
  return <p className="muted">Credentials of account level.</p>;
}
