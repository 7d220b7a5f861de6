/**
 * Whether a value fits a schema, or one of its branches, by the `$id` of the schema: functions that the build compiles
 * (`verdict-code`) and puts in the place of this file, because ajv takes a quarter of a second for them at each start. Empty
 * in the sources: what is not found here is compiled when it is asked.
 */
export type Verdict = (value: unknown) => boolean;

export interface Verdicts {
  readonly whole: Verdict;
  /** In the order of `allBranches`. */
  readonly branches: readonly Verdict[];
}

export const COMPILED_VERDICTS: Readonly<Record<string, Verdicts>> = {};
