export type CatalogueField = { readonly name: string; readonly type: string; readonly description: string };

export type FieldGroup = { readonly title: string; readonly fields: readonly CatalogueField[] };

const identity =
  /^(?:project_id|user_id|user_id_unhashed|session_id|session_number|session_date|session_time|view_number|view_time)$/;
const surroundings =
  /^(?:device_id|city|country_code|language|density|os_version|app_version|model|manufacturer|(?:browser|platform|screen)_\w+)$/;

/** Titles of the lists that stand side by side, such as `errors.message` and `errors.filename`. */
const listTitles: ReadonlyMap<string, string> = new Map([
  ["app_events", "Events of the app"],
  ["session_transaction_items", "Bought items"],
  ["session_add_to_cart_items", "Items put into the cart"],
  ["errors", "Script errors"],
]);

/** By what people look for, in the order of the catalogue. Variables are chosen by position or key, elsewhere. */
export function groupFields(fields: readonly CatalogueField[]): readonly FieldGroup[] {
  const plain = fields.filter(({ name }) => name !== "custom_var" && name !== "dynamic_var");
  const titles = [...new Set(plain.map(({ name }) => findTitle(name)))];
  return titles.map((title) => ({ title, fields: plain.filter(({ name }) => findTitle(name) === title) }));
}

function findTitle(name: string): string {
  const [list = name, member] = name.split(".");
  if (member !== undefined) return listTitles.get(list) ?? list.replaceAll("_", " ");
  if (identity.test(name)) return "Who and when";
  return surroundings.test(name) ? "Place and device" : "What happened";
}

/** Whether all the words are in the texts. */
export function hasWords(search: string, ...texts: readonly string[]): boolean {
  const text = texts.join(" ").toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
