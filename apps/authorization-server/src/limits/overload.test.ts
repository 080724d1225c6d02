import { paths } from "@biped/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createOverload, isLoopOverloaded } from "./overload.ts";

test.each([
  ["two late looks, each with the requests that made it so", 0.201, 17, true],
  ["late, but hardly anybody asked: the pause was of another kind", 30, 16, false],
  ["many requests in good time", 0.2, 10_000, false],
])("R-52: %s", (_name, lateSeconds, requests, isOverloaded) => {
  const tick = { lateSeconds, requests };
  expect(isLoopOverloaded([tick, tick])).toBe(isOverloaded);
});

test("R-52: one late look alone sheds nothing, be it the last or the one before", () => {
  const [late, good] = [
    { lateSeconds: 1, requests: 1000 },
    { lateSeconds: 0.01, requests: 1000 },
  ];
  expect([isLoopOverloaded([late, good]), isLoopOverloaded([good, late])]).toEqual([false, false]);
});

describe("R-52: what is shed", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const createClocked = () => {
    const load = { waitSeconds: 0, clock: 1000 };
    const overload = createOverload({
      signingWaitSeconds: () => load.waitSeconds,
      monotonicSeconds: () => load.clock,
    });
    const shedOn = (list: readonly string[]) => list.map((path) => overload.shed(path));
    /** The next look comes so late, after so many requests. */
    const pass = (lateSeconds: number, requests: number): void => {
      for (let count = 0; count < requests; count += 1) overload.shed(paths.token);
      load.clock += 0.05 + lateSeconds;
      vi.advanceTimersByTime(50);
    };
    return { load, overload, shedOn, pass };
  };
  const asked = [paths.token, paths.credentialsInformation, paths.introspection];
  const never = [paths.keySet, paths.metadata, paths.revocation, paths.revocations];

  test("tokens alone, while a signature would have to wait for more than 0.2 s", () => {
    const { load, shedOn } = createClocked();
    load.waitSeconds = 0.2;
    expect(shedOn([...asked, ...never]).every((seconds) => seconds === undefined)).toBe(true);
    load.waitSeconds = 0.201;
    expect(shedOn(asked)).toEqual([2, undefined, undefined]);
    expect(shedOn(never).every((seconds) => seconds === undefined)).toBe(true);
  });

  test("other spellings of a path are no way round it", () => {
    const { load, shedOn, pass } = createClocked();
    const spellings = ["/v1/oauth/%74oken", "/v1/oauth/token#x", "/v1/oauth/%6de", "/v1/oauth/%72evoke", "/nowhere"];
    expect(shedOn(spellings).every((seconds) => seconds === undefined)).toBe(true);
    load.waitSeconds = 0.201;
    expect(shedOn(spellings)).toEqual([2, 3, 1, 2, 3]);
    load.waitSeconds = 0;
    pass(0.3, 100);
    pass(0.3, 100);
    expect(shedOn(spellings)).toEqual([1, 2, 3, 1, 2]);
  });

  test("all that callers may ask again, while the event loop is late; never keys, nor what takes tokens back", () => {
    const { shedOn, pass } = createClocked();
    pass(0.3, 100);
    expect(shedOn(asked)).toEqual([undefined, undefined, undefined]);
    pass(0.3, 100);
    expect(shedOn(asked)).toEqual([2, 3, 1]);
    expect(shedOn(never).every((seconds) => seconds === undefined)).toBe(true);
    pass(0, 100);
    expect(shedOn(asked)).toEqual([undefined, undefined, undefined]);
  });

  test("Retry-After is 1, 2 or 3 seconds in turn, so that not all come back at once", () => {
    const { load, overload, shedOn } = createClocked();
    load.waitSeconds = 1;
    expect(shedOn(Array(6).fill(paths.token))).toEqual([2, 3, 1, 2, 3, 1]);
    expect(overload.countShed()).toBe(6);
  });

  test("nothing after it was stopped", () => {
    const { overload } = createClocked();
    overload.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
