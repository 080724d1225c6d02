/** A name in the form in which it is sorted and searched: people do not tell one width or case from the other. */
export function formatNameKey(name: string): string {
  return name.normalize("NFKC").toLowerCase();
}
