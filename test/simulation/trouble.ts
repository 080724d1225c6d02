/** Episodes of clogged links, opened in another order than they were clogged, and of nodes that are killed. */

import type { Run } from "./cluster.ts";
import type { Link } from "./links.ts";

export async function makeTrouble(run: Run): Promise<void> {
  const { time, random } = run;
  // Every fourth run has none, so that what holds in calm times is asked as strictly as it can be.
  const episodes = Math.floor(random() * 4);
  for (let episode = 0; episode < episodes && !run.isOver(); episode += 1) {
    await time.sleep(random() * 8_000);
    await (random() < 0.6 ? clogAndOpen(run) : killAndStart(run));
  }
}

async function clogAndOpen(run: Run): Promise<void> {
  const { time, random, note } = run;
  const clogged = listLinks(run).filter(() => random() < 0.3);
  for (const [name, link] of shuffle(clogged, random)) {
    link.clog();
    note(`clog: ${name}`);
    await time.sleep(random() * 1_000);
  }
  await time.sleep(random() * 9_000);
  for (const [name, link] of shuffle(clogged, random)) {
    link.open();
    note(`open: ${name}`);
    await time.sleep(random() * 500);
  }
}

function listLinks({ nodes, apis, callers }: Run): readonly (readonly [name: string, link: Link])[] {
  return [
    ...nodes.map(({ name, storeLink }) => [`store ${name}`, storeLink] as const),
    ...apis.flatMap(({ name, way }) => way.links.map((link, at) => [`${name} ${at}`, link] as const)),
    ...callers.flatMap(({ way }, caller) => way.links.map((link, at) => [`caller ${caller} ${at}`, link] as const)),
  ];
}

function shuffle<Item>(items: readonly Item[], random: () => number): readonly Item[] {
  return items
    .map((item) => ({ item, place: random() }))
    .toSorted((left, right) => left.place - right.place)
    .map(({ item }) => item);
}

async function killAndStart({ nodes, time, random, draw, note }: Run): Promise<void> {
  const node = draw(nodes);
  node.kill();
  note(`kill: ${node.name}`);
  await time.sleep(random() * 3_000);
  await node.start();
  note(`start: ${node.name}`);
}
