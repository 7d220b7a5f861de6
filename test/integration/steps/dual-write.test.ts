/** `dual_write`: every write to a source is made to its target too, whatever the write and the shape of the tables. */
import { describe, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { closed, takenBackWhenFilled, takenBackWhenOpened } from './window-cycle.js';
import { WINDOW_SHAPES } from './window-shapes.js';

for (const major of [18, 15]) {
  const test = await testDatabase({ major });

  describe(`a window on server ${major}`, () => {
    describe.each(
      WINDOW_SHAPES.filter(({ since = 15 }) => since <= major).map((shape) => [shape.shape, shape] as const),
    )('%s', (_, shape) => {
      it('is taken back when it is opened', () => takenBackWhenOpened(test, shape));
      it('is filled, and taken back', () => takenBackWhenFilled(test, shape));
      it('is filled, and closed', () => closed(test, shape));
    });
  });
}
