/** A machine whose timers run in virtual time and whose signatures are made and checked at once: nothing in it depends on chance. */

import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";
import type { VirtualTime } from "./virtual-time.ts";

type Callback = (...given: readonly unknown[]) => void;

/** Runs it with the timers of this process in virtual time, and puts the real ones back. */
export async function runInVirtualTime<Value>(time: VirtualTime, work: () => Promise<Value>): Promise<Value> {
  const places: readonly (readonly [object, Readonly<Record<string, unknown>>])[] = [
    [globalThis, createTimers(time)],
    [AbortSignal, { timeout: (milliseconds: number) => createTimeoutSignal(time, milliseconds) }],
    [timers, { setTimeout: (milliseconds: number, value: unknown) => time.sleep(milliseconds).then(() => value) }],
    [crypto.subtle, createSubtle(time)],
    [crypto, { sign: withoutThreads(crypto.sign), verify: rememberVerified(crypto.verify) }],
  ];
  const real = places.map(([place, names]) =>
    Object.fromEntries(Object.keys(names).map((name) => [name, Reflect.get(place, name)])),
  );
  for (const [place, names] of places) Object.assign(place, names);
  syncBuiltinESMExports();
  try {
    return await time.run(work());
  } finally {
    for (const [at, [place]] of places.entries()) Object.assign(place, real[at]);
    syncBuiltinESMExports();
  }
}

function createTimers(time: VirtualTime) {
  const cancels = new Map<object, () => void>();
  const createHandle = (): object => {
    const handle = { ref: () => handle, unref: () => handle, hasRef: () => true };
    return handle;
  };
  const clear = (handle: object | undefined): void => {
    if (handle === undefined) return;
    cancels.get(handle)?.();
    cancels.delete(handle);
  };
  const setTimeout = (callback: Callback, milliseconds = 0, ...given: readonly unknown[]): object => {
    const handle = createHandle();
    const end = (): void => {
      cancels.delete(handle);
      callback(...given);
    };
    cancels.set(handle, time.after(milliseconds, end));
    return handle;
  };
  const setInterval = (callback: Callback, milliseconds: number): object => {
    const handle = createHandle();
    const tick = (): void => {
      cancels.set(handle, time.after(milliseconds, tick));
      callback();
    };
    cancels.set(handle, time.after(milliseconds, tick));
    return handle;
  };
  return { setTimeout, clearTimeout: clear, setInterval, clearInterval: clear };
}

function createTimeoutSignal(time: VirtualTime, milliseconds: number): AbortSignal {
  const controller = new AbortController();
  time.after(milliseconds, () => controller.abort(new DOMException("The time is over.", "TimeoutError")));
  return controller.signal;
}

/** Its work is done by threads, for which time stops. */
function createSubtle(time: VirtualTime) {
  const { subtle } = crypto;
  const wait = (name: "verify" | "importKey") => {
    const work = subtle[name];
    return (...given: readonly unknown[]) => time.stop(Reflect.apply(work, subtle, given) as Promise<unknown>);
  };
  return { verify: wait("verify"), importKey: wait("importKey") };
}

type Call = (...given: readonly unknown[]) => unknown;

/** With a callback too, which else is called whenever a thread of the pool has had its turn. */
function withoutThreads(work: object): Call {
  return (...given) => {
    const callback = given.at(-1);
    if (typeof callback !== "function") return Reflect.apply(work as Call, crypto, given);
    const answer: unknown = Reflect.apply(work as Call, crypto, given.slice(0, -1));
    queueMicrotask(() => callback(null, answer));
    return undefined;
  };
}

/** Many look at the same signature, and to check it takes longer than all else in a run. */
function rememberVerified(verify: typeof crypto.verify): Call {
  const answers = new Map<string, boolean>();
  const names = new WeakMap<crypto.KeyObject, string>();
  const nameOf = (key: crypto.KeyObject): string => {
    const name = names.get(key) ?? JSON.stringify(key.export({ format: "jwk" }));
    names.set(key, name);
    return name;
  };
  return (...given) => {
    const [algorithm, data, key, signature] = given as Parameters<typeof crypto.verify>;
    if (!(key instanceof crypto.KeyObject)) return verify(algorithm, data, key, signature);
    const parts = [data, signature].map((bytes) => Buffer.from(bytes as Uint8Array).toString("latin1"));
    const name = [algorithm, nameOf(key), ...parts].join(" ");
    const answer = answers.get(name) ?? verify(algorithm, data, key, signature);
    answers.set(name, answer);
    return answer;
  };
}
