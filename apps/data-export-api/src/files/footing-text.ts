import type { Footing } from "@biped/guard";

/** What a link stands on as one parameter of its URL: numbers in base 36. The project is the file's own. */
export function formatFooting({ account, project, marks, issuedAt }: Footing): string {
  return [...account, project[1], issuedAt, ...marks].map((number) => number.toString(36)).join(".");
}

/** Undefined for what `formatFooting` has not written. */
export function parseFooting(text: string, projectId: number): Footing | undefined {
  const numbers = text.split(".").map((part) => Number.parseInt(part, 36));
  if (!/^[0-9a-z.]+$/.test(text) || !numbers.every(Number.isSafeInteger)) return undefined;
  const [accountId, accountEpoch, projectEpoch, issuedAt, ...marks] = numbers;
  if (accountId === undefined || accountEpoch === undefined) return undefined;
  if (projectEpoch === undefined || issuedAt === undefined) return undefined;
  return { account: [accountId, accountEpoch], project: [projectId, projectEpoch], marks, issuedAt };
}
