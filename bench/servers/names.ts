/** Names as people give them, a different one for each number: some words are in many of them, a number in one. */

const customers = ["Harbour", "Meadow", "Granite", "Willow", "Copper", "Falcon", "Juniper", "Lantern"];
const kinds = ["Analytics", "Logistics", "Retail", "Energy", "Media"];
const products = ["Web shop", "Mobile app", "Price radar", "Data lake", "Call centre", "Warehouse", "Loyalty"];
const rhythms = ["Nightly", "Weekly", "Hourly", "Monthly"];
const uses = ["export", "metrics", "backfill", "dashboard", "report", "sync"];

export const nameAccount = (number: number): string => join(number, customers, kinds);
export const nameProject = (number: number): string => join(number, customers, products);
export const nameCredential = (number: number): string => join(number, rhythms, uses);

function join(number: number, first: readonly string[], second: readonly string[]): string {
  return `${first[number % first.length]} ${second[number % second.length]} ${number}`;
}
