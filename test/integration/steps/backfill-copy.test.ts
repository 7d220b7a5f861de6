import { afterEach, describe, test } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { COPY_SHAPES } from './copy-shapes.js';
import { forgetShape, wholeCycleWarned } from './whole-cycle.js';

for (const major of [18, 15]) {
  const found = await testDatabase({ major });

  describe(`a copy on server ${major}: proved, repeated, taken back`, () => {
    afterEach(() => forgetShape(found));

    const runs = COPY_SHAPES.flatMap((shape, index) =>
      // Each rule on one of the servers.
      [(shape.on_conflict ?? ['skip', 'fail'])[major === 18 ? 0 : 1] ?? 'skip'].map((rule) => ({
        ...shape,
        index,
        rule,
      })),
    );
    test.each(runs)(
      '$shape (on_conflict: $rule)',
      async ({ tables, mappings, schema, same, rule, index, walk, user_triggers, warnings = [], rows = 3 }) => {
        await found.query(tables);
        const names = Object.keys(mappings);
        await wholeCycleWarned(
          found,
          {
            name: `copy-${index}`,
            defaults: { batch: { rows, target: 'off' }, ...(schema !== undefined && { schema }) },
            mappings,
            steps: [
              {
                id: 'fill',
                backfill: {
                  mappings: names,
                  on_conflict: rule,
                  ...(walk !== undefined && { walk }),
                  ...(user_triggers !== undefined && { user_triggers }),
                },
              },
              { id: 'proof', verify: [{ in_sync: names }] },
            ],
          },
          warnings,
          ...same,
        );
      },
    );
  });
}
