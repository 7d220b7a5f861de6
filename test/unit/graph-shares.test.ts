/** The random graphs of keys meet each shape that they are there for often enough, by the fixed seed and by others. */
import { expect, test } from 'vitest';

import { AT_LEAST, choiceOfGraph, ENOUGH_GRAPHS, MUST_MEET } from '../faults/convert/graphs/graph-shares.js';
import { randomGraph } from '../faults/convert/graphs/random-graph.js';

test.each([18, 15])('on server %i', (major) => {
  for (let seed = 1; seed <= 6; seed++) {
    const met = new Map<string, number>();
    for (let number = 1; number <= ENOUGH_GRAPHS / 2; number++) {
      const { refused, shapes } = randomGraph(choiceOfGraph(seed, number, major), major);
      for (const shape of refused ? [] : shapes) met.set(shape, (met.get(shape) ?? 0) + 1);
    }
    for (const shape of MUST_MEET) expect(met.get(shape), `${shape} by seed ${seed}`).toBeGreaterThan(AT_LEAST + 5);
  }
});
