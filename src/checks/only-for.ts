/** `only: [targets]`, of steps and checks alike: what is not for the target does not exist for it. */
import { list, ref, type JsonSchema } from '../kernel/json-schema.js';

export interface OnlyFor {
  readonly only?: readonly string[] | undefined;
}

export function isFor(target: string | null, { only }: OnlyFor): boolean {
  return only === undefined || (target !== null && only.includes(target));
}

export const onlySchema: JsonSchema = list(
  ref('target', 'a target of the configuration'),
  'The targets that it is for, by `--target`; for others it is not there at all.',
);
