/** What stands behind the `#` of an address, if it has the form of such a secret. It is sent to no server's log. */
export function readFragmentToken(fragment: string, kind: "setup" | "invite"): string | undefined {
  const text = fragment.replace(/^#/, "");
  return new RegExp(`^biped_${kind}_[0-9A-Za-z]{49}$`).test(text) ? text : undefined;
}
