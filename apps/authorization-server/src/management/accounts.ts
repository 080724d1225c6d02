import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import type { Account, AccountChange, Author, NewAccount, State, Storage } from "../storage/storage.ts";
import { isObstacle, refuseObstacle } from "./answers.ts";
import { parseName } from "./text-rules.ts";

const longestLimitDays = 3650;

export async function createAccount(
  storage: Pick<Storage, "createAccount">,
  input: NewAccount,
  author: Author,
): Promise<Account | Refusal> {
  const change = parseChange(input);
  if (isRefusal(change)) return change;
  return storage.createAccount({ ...input, ...change }, author);
}

export type AccountChangeInput = AccountChange & { readonly accountId: number };

export async function changeAccount(
  storage: Pick<Storage, "changeAccount">,
  { accountId, ...input }: AccountChangeInput,
  author: Author,
): Promise<Account | Refusal> {
  const change = parseChange(input);
  if (isRefusal(change)) return change;
  const changed = await storage.changeAccount(accountId, change, author);
  return isObstacle(changed) ? refuseObstacle(changed, "account") : changed;
}

export async function setAccountState(
  storage: Pick<Storage, "setAccountState">,
  { accountId, state }: { readonly accountId: number; readonly state: State },
  author: Author,
): Promise<Account | Refusal> {
  const changed = await storage.setAccountState(accountId, state, author);
  return isObstacle(changed) ? refuseObstacle(changed, "account") : changed;
}

function parseChange(input: AccountChange): AccountChange | Refusal {
  const days = input.credentialLifetimeLimitDays;
  if (days !== undefined && !(Number.isSafeInteger(days) && days >= 1 && days <= longestLimitDays)) {
    return refuse(
      "INVALID_REQUEST",
      `credentialLifetimeLimitDays must be a whole number from 1 to ${longestLimitDays}.`,
    );
  }
  if (input.name === undefined) return input;
  const name = parseName("name", input.name);
  return isRefusal(name) ? name : { ...input, name };
}
