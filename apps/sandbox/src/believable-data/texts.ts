import type { Weighted } from "./weighted.ts";

/** Empty for a direct visit. */
export const referers: readonly Weighted<{ readonly referer_url: string }>[] = [
  { weight: 40, referer_url: "" },
  { weight: 30, referer_url: "https://www.google.com/" },
  { weight: 6, referer_url: "https://www.bing.com/search?q=%22rain+jacket%22" },
  { weight: 4, referer_url: "https://duckduckgo.com/" },
  { weight: 5, referer_url: "https://news.example/weekly?tags=sale,new&title=“Up to 50 %”" },
  { weight: 4, referer_url: "https://bücher.example/größe?q=a;b" },
  { weight: 6, referer_url: "https://social.example/p/👟🔥" },
  { weight: 5, referer_url: "https://partner.example/list?a=1&b='2'" },
];

/** Scripts' own words, with the line breaks, quotes and separators that spoil a careless file. */
export const errorMessages: readonly string[] = [
  "TypeError: Cannot read properties of undefined (reading 'price')",
  'SyntaxError: Unexpected token "<", "<!doctype "... is not valid JSON',
  "ReferenceError: dataLayer is not defined",
  "Uncaught (in promise)\n  at checkout.js:12:7\n  at new Promise (<anonymous>)",
  "ChunkLoadError: Loading chunk 17 failed, retry; gave up",
  "TypeError: « prix » n'est pas un nombre\u2028ligne 2",
  "Fehler: Größe ist ungültig",
  '=HYPERLINK("https://phish.example")',
  "Error: 🛒 is empty",
  "ResizeObserver loop completed with undelivered notifications.",
  "C:\\shop\\src\\cart.js failed\ttwice",
];

export const errorFiles: readonly string[] = [
  "https://static.example/app.9f3c1.js",
  "https://static.example/checkout.js?v=2,1",
  "https://tags.example/“loader”.js",
  "/assets/größe.js",
];

export const appEvents: readonly { readonly type: string; readonly name: string }[] = [
  { type: "tap", name: "Add to cart" },
  { type: "tap", name: 'Button "Größe, XL"' },
  { type: "swipe", name: "gallery" },
  { type: "custom", name: "onboarding_finished 🎉" },
  { type: "push", name: "push_opened" },
];
