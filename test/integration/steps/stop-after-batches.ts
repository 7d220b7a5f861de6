/** Stops an `apply` between two batches, as a signal would: what others do then is seen by the batches that follow. */
import type { ApplyOptions } from '../../../src/commands/apply.js';

export function stopAfterBatches(count: number): Pick<ApplyOptions, 'stop' | 'observe'> {
  const controller = new AbortController();
  let seen = 0;
  return {
    stop: controller.signal,
    observe: (event) => {
      if (event.type === 'progress' && ++seen === count) controller.abort();
    },
  };
}
