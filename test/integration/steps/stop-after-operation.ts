/** Stops an `apply` behind an operation, as a signal would: what others do then is met by the operations that follow. */
import type { ApplyOptions } from '../../../src/commands/apply.js';

export function stopAfterOperation(id: string): Pick<ApplyOptions, 'stop' | 'observe'> {
  const controller = new AbortController();
  return {
    stop: controller.signal,
    observe: (event) => {
      if (event.type === 'operation' && event.operation === id && event.to === 'done') controller.abort();
    },
  };
}
