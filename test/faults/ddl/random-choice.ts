/** Choices over a random source: one of a list, one by weight, true now and then. */
import type { Random } from '../support/random.js';

export interface Choice {
  readonly one: <T>(list: readonly T[]) => T;
  /** Undefined where the list is empty. */
  readonly maybeOne: <T>(list: readonly T[]) => T | undefined;
  /** Different ones, in the order of the list. */
  readonly some: <T>(list: readonly T[], count: number) => readonly T[];
  readonly chance: (share: number) => boolean;
  /** From `least` to `most`, both included. */
  readonly between: (least: number, most: number) => number;
  readonly weighted: <T>(options: readonly (readonly [weight: number, value: T])[]) => T;
}

export function choiceOf(random: Random): Choice {
  const one = <T>(list: readonly T[]): T => list[random.below(list.length)]!;
  return {
    one,
    maybeOne: (list) => (list.length === 0 ? undefined : one(list)),
    some: (list, count) => {
      const left = list.map((_, index) => index);
      while (left.length > count) left.splice(random.below(left.length), 1);
      return left.map((index) => list[index]!);
    },
    chance: (share) => random.next() < share,
    between: (least, most) => least + random.below(most - least + 1),
    weighted: (options) => {
      let at = random.next() * options.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, value] of options) if ((at -= weight) < 0) return value;
      return options.at(-1)![1];
    },
  };
}
