/** A scenario that our design passes, and in which wrong ones are found out: each for the reason that it is wrong. */
import { expect, test } from 'vitest';

import { OURS, type Design, type TurnEnd } from '../../../support/in-memory/memory-run.js';

/** What it found wrong; empty where all is well. */
export type Scenario = (design: Design) => Promise<readonly string[]>;

/** `caught`: what the scenario says of the wrong design, in part. */
export function scenario(
  name: string,
  play: Scenario,
  wrong: Readonly<Record<string, { readonly design: Design; readonly caught: string | RegExp }>> = {},
): void {
  test(name, async () => {
    expect(await play(OURS)).toEqual([]);
  });
  test.each(Object.entries(wrong))(`${name}; wrong design: %s`, async (_, { design, caught }) => {
    const found = (await play(design)).join('\n');
    expect(found, 'the wrong design was not caught').not.toBe('');
    expect(found).toMatch(caught);
  });
}

/** One violation for each that is not as expected. */
export function compare(...pairs: readonly (readonly [what: string, is: unknown, expected: unknown])[]): string[] {
  return pairs.flatMap(([what, is, expected]) => {
    const [seen, wanted] = [JSON.stringify(is), JSON.stringify(expected)];
    return seen === wanted ? [] : [`${what}: ${seen} instead of ${wanted}`];
  });
}

/** `failed check_failed`, `waiting approval`, `stopped paused by anna`, `done`. */
export function told(end: TurnEnd): string {
  switch (end.state) {
    case 'failed':
      return `failed ${end.failures.map(({ operation, error }) => `${operation} ${error.sqlstate ?? error.code}`).join()}`;
    case 'waiting':
      return `waiting ${end.gates.flatMap(({ missing }) => missing).join()}`;
    case 'stopped':
      return `stopped ${end.throttle?.reason ?? end.why ?? ''}`.trim();
    case 'blocked':
      return `blocked ${end.blocked.map(({ operation }) => operation).join()}`;
    case 'astray':
      return `astray ${end.why}`;
    case 'done':
    case 'fenced':
      return end.state;
  }
}
