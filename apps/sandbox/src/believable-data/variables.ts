/** What a visitor's rows carry besides their fields. */
export type Variables = {
  readonly custom_vars: readonly { readonly position: number; readonly name: string; readonly value: string }[];
  readonly dynamic_vars: Readonly<Record<string, string>>;
};

const userTypes = ["guest", "member", "member", "staff"];
const themes = ["light", "dark", "system"];
const plans = ["free", "free", "pro", 'Größe "XL", jährlich', "équipe"];
const experiments = ["A", "B", "B; ½ price", "control"];
const stores = ["Köln, Dom", "Łódź 2", "東京", "O'Connell Street", "New\nYork"];

/** What people type, with everything that a reader of files stumbles over: quotes, lines, emoji, formulas. */
const searches = [
  "blue shoes",
  'tv 55" 4k',
  "crème brûlée, set of 6",
  "socks 🧦🧦",
  "=SUM(A1:A9)",
  "+49 30 1234567",
  "-20 %",
  "@home",
  "two\u2028lines",
  "two\nlines",
  "tab\there",
  "back\\slash",
  "naïve café",
  "семейный билет",
  "👩‍👩‍👧‍👦 tickets",
];

/** All of one another's combinations would be many; every value is in some of these. */
export const variableSets: readonly Variables[] = Array.from({ length: 240 }, (_, index) => ({
  custom_vars: [
    ["user_type", pick(userTypes, index)] as const,
    ["theme", pick(themes, index)] as const,
    ["plan", pick(plans, index)] as const,
    ["experiment", pick(experiments, index >> 2)] as const,
    ["store", pick(stores, index >> 1)] as const,
  ].flatMap(([name, value], place) =>
    // A variable in ten was not sent.
    value === undefined || (index + place * 3) % 10 === 0 ? [] : [{ position: place + 1, name, value }],
  ),
  dynamic_vars: {
    page_load_msec: `${300 + ((index * 7919) % 4000)}`,
    ...(index % 3 === 0 ? { search_term: pick(searches, index / 3) ?? "" } : {}),
    ...(index % 4 === 0 ? { "basket:size": `${index % 5}` } : {}),
    ...(index % 5 === 0 ? { "résumé?": index % 2 === 0 ? "oui" : "non" } : {}),
  },
}));

function pick(values: readonly string[], index: number): string | undefined {
  return values[index % values.length];
}
