/** The text of a batch while it is built: where the range's condition stands is marked, and cut there in the end. */
import type { BatchTemplate } from './operation.js';

/** Stands for the range's condition; no SQL can hold a NUL. */
export const RANGE = '\0';

export function splitAtRange(text: string): BatchTemplate {
  return text.split(RANGE);
}
