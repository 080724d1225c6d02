import type { Weighted } from "./weighted.ts";

/** What kind of project it is: by what rhythm it is visited, and what is done there. */
export type Site = {
  readonly kind: "web" | "app";
  /** From Monday on, in percent of the busiest day. */
  readonly weekdays: readonly number[];
  /** How much happens in each hour, in UTC. */
  readonly hours: readonly number[];
  /** Of 1,000 longer sessions, how many put something into the cart. */
  readonly cartPermille: number;
  /** Of 1,000 views, in how many a script fails. */
  readonly errorPermille: number;
  /** Where a purchase is confirmed. */
  readonly purchaseUrl: string;
  readonly pages: readonly Weighted<{ readonly url: string }>[];
};

const atWork = [1, 1, 1, 1, 2, 4, 9, 18, 26, 28, 27, 22, 20, 25, 27, 25, 21, 14, 9, 7, 5, 4, 2, 1];
const afterWork = [6, 3, 2, 1, 1, 2, 5, 8, 10, 12, 13, 15, 16, 14, 13, 14, 17, 21, 26, 30, 31, 27, 19, 11];
const onTheWay = [4, 2, 1, 1, 2, 8, 22, 27, 16, 10, 10, 14, 18, 13, 10, 12, 20, 28, 25, 20, 19, 17, 12, 7];

const products = [
  "rain-jacket",
  "wool-socks",
  "sac-à-dos",
  "kaffeemühle",
  "tea-tin-“earl-grey”",
  "desk-lamp",
  "日本の茶碗",
  "bike-bell",
  "🎁-card",
  "o'neill-shorts",
];

const shop: Site = {
  kind: "web",
  weekdays: [100, 98, 97, 99, 92, 71, 78],
  hours: afterWork,
  cartPermille: 260,
  errorPermille: 40,
  purchaseUrl: "https://www.northwind.example/checkout/thank-you",
  pages: listPages("https://www.northwind.example", {
    "/": 14,
    "/search": 8,
    "/cart": 6,
    "/checkout": 3,
    "/account/orders": 2,
    "/stores/köln,dom": 1,
    ...countPages("/products/", products, 3),
  }),
};

const app: Site = {
  kind: "app",
  weekdays: [96, 97, 98, 99, 100, 82, 76],
  hours: onTheWay,
  cartPermille: 180,
  errorPermille: 25,
  purchaseUrl: "https://app.northwind.example/screen/order-placed",
  pages: listPages("https://app.northwind.example/screen", {
    "/home": 16,
    "/search": 7,
    "/favourites": 6,
    "/cart": 5,
    "/profile": 3,
    "/settings/notifications": 1,
    ...countPages("/product/", products, 3),
  }),
};

const support: Site = {
  kind: "web",
  weekdays: [100, 96, 93, 90, 80, 22, 18],
  hours: atWork,
  cartPermille: 30,
  errorPermille: 70,
  purchaseUrl: "https://support.northwind.example/parts/ordered",
  pages: listPages("https://support.northwind.example", {
    "/": 10,
    "/contact": 5,
    "/tickets/new": 4,
    "/parts": 2,
    ...countPages("/articles/", ["reset-a-password", "“it-won't-start”", "gewährleistung", "return,-step-by-step"], 5),
  }),
};

const booking: Site = {
  kind: "web",
  weekdays: [97, 92, 90, 88, 79, 83, 100],
  hours: afterWork,
  cartPermille: 200,
  errorPermille: 50,
  purchaseUrl: "https://www.harbour-travel.example/booking/confirmed",
  pages: listPages("https://www.harbour-travel.example", {
    "/": 12,
    "/ferries": 8,
    "/booking/passengers": 5,
    "/booking/payment": 3,
    ...countPages("/harbours/", ["brest", "rønne", "świnoujście", "piraeus-πειραιάς", "st-peter-port"], 4),
  }),
};

const known: ReadonlyMap<number, Site> = new Map([
  [42, shop],
  [43, app],
  [44, support],
  [71, booking],
]);

/** A project that a tester added is a shop. */
export function findSite(projectId: number): Site {
  return known.get(projectId) ?? shop;
}

function listPages(origin: string, weights: Readonly<Record<string, number>>): Site["pages"] {
  return Object.entries(weights).map(([path, weight]) => ({ weight, url: `${origin}${path}` }));
}

function countPages(prefix: string, names: readonly string[], weight: number): Record<string, number> {
  return Object.fromEntries(names.map((name) => [`${prefix}${name}`, weight]));
}
