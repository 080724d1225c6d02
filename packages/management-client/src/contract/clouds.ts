import { z } from "zod";
import { defineOperations, version } from "./operation.ts";

const cloud = z.object({
  name: z.string().describe("Such as aws-eu-west-1"),
  endpoint: z.string().describe("Base URL of its APIs, without path or trailing slash"),
  projectCount: z.int().describe("Projects that the caller may see on it"),
  version,
});

export type Cloud = z.infer<typeof cloud>;

const endpoint = z.string().max(300);

export const cloudOperations = defineOperations({
  "GET /api/clouds": {
    summary: "List the clouds",
    noun: "clouds",
    access: "signed-in",
    status: 200,
    answer: z.object({ items: z.array(cloud) }),
  },
  "POST /api/clouds": {
    summary: "Create a cloud; its endpoint must be allowed by the operator's list where there is one",
    noun: "clouds",
    access: "platform",
    stepUp: true,
    body: z.object({ name: z.string().max(63), endpoint }),
    status: 201,
    answer: cloud,
  },
  "PUT /api/clouds/:cloud/endpoint": {
    summary: "Change a cloud's endpoint: every new token of its projects is sent there",
    noun: "clouds",
    access: "platform",
    stepUp: true,
    params: z.object({ cloud: z.string().max(63) }),
    body: z.object({ endpoint }),
    status: 200,
    answer: cloud,
  },
});
