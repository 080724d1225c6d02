import { z } from "zod";
import { parseInstant } from "../admin/parse-instant.ts";
import type { Declaration } from "./declaration.ts";

/** What everybody can know of the file beforehand. The service has the last word. */

const id = z.int("must be a whole number").min(1, "must be 1 or more");
const name = z
  .string("must be a text")
  .transform((text) => text.trim())
  .pipe(z.string().min(1, "must not be empty").max(200, "must have 200 characters at most"));
const state = z.enum(["enabled", "disabled"], "must be enabled or disabled");
const list = <Item extends z.ZodType>(item: Item) => z.array(item, "must be a list");
const members = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    // Of unknown members the reader of the issues tells more.
    error: (issue) => (issue.code === "invalid_type" ? "must be a mapping of members" : undefined),
  });

const endRule = "must be never, or an ISO 8601 date such as 2027-06-30";
const end = z
  .string(endRule)
  .refine((text) => text === "never" || parseInstant(text) !== undefined, endRule)
  .transform((text) => parseInstant(text) ?? null);

const credential = members({
  clientId: z.optional(
    z
      .string("must be a text")
      .regex(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i, "must be the client id of a credential")
      .transform((text) => text.toLowerCase()),
  ),
  name,
  scopes: list(z.string("must be the name of a scope"))
    .min(1, "must name one scope or more")
    .max(20, "must name 20 scopes at most"),
  allowedRanges: z.optional(
    list(z.string("must be a CIDR range, such as 192.0.2.0/24")).max(50, "must name 50 ranges at most"),
  ),
  expiresAt: z.optional(end),
  state: z.optional(state),
});

const project = members({
  id: z.optional(id),
  name,
  cloud: z.string("must be the name of a cloud").max(63, "must have 63 characters at most"),
  timeZone: z.optional(z.string("must be a name of the IANA database, such as Europe/Paris")),
  state: z.optional(state),
  credentials: z.optional(list(credential)),
});

const account = members({
  id: z.optional(id),
  name,
  credentialLifetimeLimitDays: z.optional(
    z.int("must be a number of days, or null").min(1, "must be 1 or more").max(3650, "must be 3650 or less").nullable(),
  ),
  state: z.optional(state),
  projects: z.optional(list(project)),
  credentials: z.optional(list(credential)),
});

const cloud = members({
  name: z
    .string("must be a text")
    .regex(
      /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
      "must have 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end",
    ),
  endpoint: z
    .string("must be a URL")
    .refine(
      (text) => URL.canParse(text) && new URL(text).origin === text,
      "must be a base URL in lower case, without path or trailing slash",
    ),
});

export const declarationSchema: z.ZodType<Declaration> = members({
  prune: z.optional(z.boolean("must be true or false")),
  clouds: z.optional(list(cloud)),
  accounts: z.optional(list(account)),
});
