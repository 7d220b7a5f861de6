/** Which shapes a run must meet, and which graph has which number. */
import { choiceOf, type Choice } from '../../ddl/random-choice.js';
import { randomFrom } from '../../support/random.js';

/** Each at least so often on each server, where 300 graphs or more are played. */
export const MUST_MEET: readonly string[] = ['cycle', 'composite', 'self reference', 'partitions'];
export const AT_LEAST = 20;
export const ENOUGH_GRAPHS = 300;

/** The same graph for the same three numbers, whichever others are played. */
export function choiceOfGraph(seed: number, number: number, major: number): Choice {
  return choiceOf(randomFrom(Math.imul(seed ^ (number * 0x9e3779b1), 0x85ebca6b) ^ major));
}
