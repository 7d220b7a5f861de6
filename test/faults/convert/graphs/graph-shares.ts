/** Which shapes a run must meet, which graph has which number, and which graphs CI plays. */
import { choiceOf, type Choice } from '../../ddl/random-choice.js';
import { randomFrom } from '../../support/random.js';
import { randomGraph } from './random-graph.js';

/** Each at least so often on each server, where 300 graphs or more are played. */
export const MUST_MEET: readonly string[] = ['cycle', 'composite', 'self reference', 'partitions'];
export const AT_LEAST = 20;
export const ENOUGH_GRAPHS = 300;

/** A graph that CI plays has a shape that fewer than so many before it have. */
const ENOUGH_OF_A_SHAPE = 3;

/**
 * The numbers of CI's size: of the first 150 graphs those without which some shape would be met less often. So a tenth of the
 * time meets every shape that all of them meet.
 */
export function coveringNumbers(seed: number, major: number): readonly number[] {
  const met = new Map<string, number>();
  return Array.from({ length: ENOUGH_GRAPHS / 2 }, (_, index) => index + 1).filter((number) => {
    const { refused, shapes } = randomGraph(choiceOfGraph(seed, number, major), major);
    const all = refused ? ['refused'] : [...shapes];
    if (all.every((shape) => (met.get(shape) ?? 0) >= ENOUGH_OF_A_SHAPE)) return false;
    for (const shape of all) met.set(shape, (met.get(shape) ?? 0) + 1);
    return true;
  });
}

/** The same graph for the same three numbers, whichever others are played. */
export function choiceOfGraph(seed: number, number: number, major: number): Choice {
  return choiceOf(randomFrom(Math.imul(seed ^ (number * 0x9e3779b1), 0x85ebca6b) ^ major));
}
