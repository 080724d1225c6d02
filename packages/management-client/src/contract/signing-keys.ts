import { z } from "zod";
import { defineOperations, instant } from "./operation.ts";

const signingKey = z.object({
  kid: z.string(),
  algorithm: z.string(),
  state: z.enum(["next", "active", "passive", "gone"]),
  createdAt: instant,
  stateSince: instant,
  nextStepAt: instant.nullable().describe("When it signs (next), is replaced (active) or is removed (passive)"),
});

export type SigningKey = z.infer<typeof signingKey>;

const keys = z.object({ items: z.array(signingKey) });

export const signingKeyOperations = defineOperations({
  "GET /api/signing-keys": {
    summary: "List the signing keys that are not gone",
    noun: "signing-keys",
    access: "platform",
    status: 200,
    answer: keys,
  },
  "POST /api/signing-keys": {
    summary: "Rotate: publish the next signing key, which signs in ten minutes",
    noun: "signing-keys",
    access: "platform",
    stepUp: true,
    body: z.object({}),
    status: 201,
    answer: keys,
  },
  "POST /api/signing-keys/:kid/compromise": {
    summary: "Emergency: a new key signs at once, and this one is gone; guards refuse its tokens within ten seconds",
    noun: "signing-keys",
    access: "platform",
    stepUp: true,
    params: z.object({ kid: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) }),
    body: z.object({}),
    status: 200,
    answer: keys,
  },
});
