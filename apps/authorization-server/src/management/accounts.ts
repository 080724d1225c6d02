import { isRefusal, type Refusal } from "@biped/protocol";
import type { Account, Author, Storage } from "../storage/storage.ts";
import { parseName } from "./text-rules.ts";

export async function createAccount(
  storage: Pick<Storage, "createAccount">,
  input: { readonly name: string },
  author: Author,
): Promise<Account | Refusal> {
  const name = parseName("name", input.name);
  return isRefusal(name) ? name : storage.createAccount({ name }, author);
}
