import { expect, test } from "vitest";
import { findSite } from "./sites.ts";
import { listVisits } from "./visitors.ts";

const monday = Date.UTC(2026, 10, 2) / 86_400_000;
const createWorld = (projectId: number) => ({ seed: 7, projectId, site: findSite(projectId), sessionsADay: 2000 });
const countSessions = (projectId: number, day: number): number =>
  listVisits(createWorld(projectId), day).reduce((sum, { from, to }) => sum + to - from, 0);

test("sessions on Monday, Thursday, Saturday and Sunday: shop, app, support and bookings have each their own week", () => {
  const counts = [42, 43, 44, 71].map((projectId) => [0, 3, 5, 6].map((day) => countSessions(projectId, monday + day)));
  expect(counts).toEqual([
    [2006, 2048, 1444, 1518],
    [1934, 1972, 1698, 1541],
    [1977, 1876, 541, 427],
    [1891, 1755, 1614, 1987],
  ]);
});

test("who came for the first time comes back as often as their habit says, and nobody else does", () => {
  const world = createWorld(42);
  const days = Array.from({ length: 200 }, (_, index) => monday + index);
  const visits = days.flatMap((day) =>
    listVisits(world, day)
      .filter(({ firstDay }) => firstDay === monday)
      .map(({ sessionNumber, from, to }) => ({ after: day - monday, sessionNumber, from, to })),
  );
  const last = Math.max(...visits.map(({ to }) => to));
  const habits = Map.groupBy(visits, ({ from }) => from);
  const told = [...habits.values()].map((each) => each.map(({ after, sessionNumber }) => [after, sessionNumber]));
  expect(told.map((habit) => habit.length)).toEqual([1, 3, 12, 4, 6]);
  expect(told[1]).toEqual([
    [0, 1],
    [7, 2],
    [14, 3],
  ]);
  expect(told[3]).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
  ]);
  // The parts lie side by side, so that each visitor has one habit.
  const parts = [...habits.values()].map(([first]) => [first!.from, first!.to]);
  expect(parts.map(([from]) => from)).toEqual([0, ...parts.map(([, to]) => to).slice(0, -1)]);
  expect(last).toBe(parts.at(-1)![1]);
});
