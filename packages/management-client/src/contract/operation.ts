/** What an operation of the management API is made of. The server serves, checks and documents the table of them. */

import { z } from "zod";

/** What an access token for machines may be narrowed to; `read` is part of every token. */
export const nouns = [
  "accounts",
  "projects",
  "export-jobs",
  "clouds",
  "credentials",
  "signing-keys",
  "administrators",
  "access-tokens",
  "audit-log",
  "usage",
  "session",
] as const;

export type Noun = (typeof nouns)[number];

/** In the order of what they may: each may what those before it may. */
export const roles = ["viewer", "administrator", "owner"] as const;

export type Role = (typeof roles)[number];

/**
 * Who may: `anybody` before sign-in; `signed-in` for what concerns the caller alone, and for lists that are cut to what
 * the caller may see; a role in the account that the object belongs to; `platform` for platform owners.
 */
export type Access = "anybody" | "signed-in" | Role | "platform";

export type Operation = {
  readonly summary: string;
  readonly noun: Noun;
  readonly access: Access;
  /** The caller must have proved who they are within the last five minutes. Access tokens need not. */
  readonly stepUp?: true;
  /** Only for people in the console: an access token is refused. */
  readonly sessionOnly?: true;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  readonly status: 200 | 201 | 204;
  /** Absent for 204, and for what is not JSON. */
  readonly answer?: z.ZodType;
  /** For an answer that is not JSON, or more than one media type. */
  readonly mediaTypes?: readonly string[];
};

/** Keeps the exact type of each entry. */
export function defineOperations<const Table extends Readonly<Record<string, Operation>>>(table: Table): Table {
  return table;
}

/** 1 to 200 characters after trimming; the server trims. */
export const name = z.string().min(1).max(200).describe("What people read, 1 to 200 characters");
export const instant = z.iso.datetime({ offset: true }).describe("ISO 8601 with time zone");
export const uuid = z.uuid();
export const id = z.int().min(1).describe("A positive integer");
export const idText = z
  .string()
  .regex(/^[1-9]\d{0,15}$/, "must be a positive integer")
  .transform(Number)
  .pipe(id);
export const state = z.enum(["enabled", "disabled"]);
export const version = z.int().describe("Raised by each change; the ETag is this number in quotes");
export const role = z.enum(roles);

/** A filter that may be given in the query. */
export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.int().min(min).max(max));

/** Query members of every list. */
export const pageQuery = {
  limit: whole(1, 100).optional().describe("Items a page, 1 to 100; 50 if absent"),
  cursor: z.string().max(1000).optional().describe("`nextCursor` of the page before"),
};

export const searchQuery = z
  .string()
  .max(200)
  .optional()
  .describe("Part of a name, or a whole id; case does not matter");

/** `-name` is name from the end. */
export const sortQuery = <const Column extends string>(...columns: readonly [Column, ...Column[]]) =>
  z
    .enum(columns.flatMap((column) => [column, `-${column}`] as const) as [Column, ...(Column | `-${Column}`)[]])
    .optional()
    .describe(`${columns.join(" or ")}, with - in front for the reverse order`);

/** One page of a list. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable().describe("null on the last page") });
