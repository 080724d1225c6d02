import type { Weighted } from "./weighted.ts";

export type Place = { readonly city: string | null; readonly country_code: string; readonly language: string };

const cities: readonly (readonly [country: string, language: string, weight: number, ...cities: (string | null)[]])[] =
  [
    ["GB", "en-GB", 6, "London", "Manchester", "Stoke-on-Trent", null],
    ["US", "en-US", 5, "New York", "Washington, D.C.", "St. Louis", "Coeur d'Alene", null],
    ["DE", "de-DE", 5, "Berlin", "München", "Köln", "Frankfurt (Oder)"],
    ["FR", "fr-FR", 5, "Paris", "Lyon", "Saint-Étienne", "L'Haÿ-les-Roses"],
    ["ES", "es-ES", 3, "Madrid", "A Coruña", "Málaga"],
    ["IT", "it-IT", 3, "Roma", "L'Aquila", "Forlì"],
    ["NL", "nl-NL", 3, "Amsterdam", "'s-Hertogenbosch"],
    ["CA", "fr-CA", 1, "Québec", "Montréal"],
    ["CA", "en-CA", 2, "Toronto", "St. John's"],
    ["BR", "pt-BR", 2, "São Paulo", "Belém"],
    ["PL", "pl-PL", 2, "Łódź", "Kraków"],
    ["DK", "da-DK", 1, "København", "Tårnby"],
    ["TR", "tr-TR", 1, "İstanbul", "Iğdır"],
    ["GR", "el-GR", 1, "Αθήνα"],
    ["IL", "he-IL", 1, "תל אביב-יפו"],
    ["JP", "ja-JP", 2, "東京", "大阪"],
    ["IN", "hi-IN", 1, "मुंबई"],
  ];

/** Cities as their people write them; null where an address points to a country alone. */
export const places: readonly Weighted<Place>[] = cities.flatMap(([country_code, language, weight, ...names]) =>
  names.map((city) => ({ weight, city, country_code, language })),
);
