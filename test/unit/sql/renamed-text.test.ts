/** Definitions after a rename: the name is another one, and nothing else that looks like it. */
import { describe, expect, it } from 'vitest';

import {
  withColumnRenamed,
  withIndexName,
  withIndexTable,
  withReferencedColumnRenamed,
  withReferencedTable,
} from '../../../src/sql/renamed-text.js';

const to = { schema: 'public', name: 'order' };

describe('a definition follows a rename', () => {
  it.each([
    ['CHECK ((total > (0)::numeric))', 'CHECK (("Sum" > (0)::numeric))'],
    [`CHECK ((note <> 'total'::total))`, `CHECK ((note <> 'total'::total))`],
    ['CHECK (total(total) > 0)', 'CHECK (total("Sum") > 0)'],
    ['UNIQUE (a, total) INCLUDE ("total")', 'UNIQUE (a, "Sum") INCLUDE ("Sum")'],
    ['FOREIGN KEY (total) REFERENCES public.total(total)', 'FOREIGN KEY ("Sum") REFERENCES public.total(total)'],
    [
      'CREATE INDEX total ON public.total USING btree (total, lower(total)) WHERE (total IS NOT NULL)',
      'CREATE INDEX total ON public.total USING btree ("Sum", lower("Sum")) WHERE ("Sum" IS NOT NULL)',
    ],
  ])('of a column: %s', (before, after) => {
    expect(withColumnRenamed(before, 'total', 'Sum')).toBe(after);
  });

  it('of what a foreign key points to', () => {
    const key = 'FOREIGN KEY (id) REFERENCES public."my users"(id) ON DELETE CASCADE';
    expect(withReferencedColumnRenamed(key, 'id', 'no')).toBe(
      'FOREIGN KEY (id) REFERENCES public."my users"(no) ON DELETE CASCADE',
    );
    expect(withReferencedTable(key, to)).toBe('FOREIGN KEY (id) REFERENCES public."order"(id) ON DELETE CASCADE');
    expect(withReferencedTable('FOREIGN KEY (id) REFERENCES users', to)).toBe(
      'FOREIGN KEY (id) REFERENCES public."order"',
    );
  });

  it('of an index and of its table', () => {
    const index = 'CREATE UNIQUE INDEX "on" ON ONLY public.users USING btree (id)';
    expect(withIndexName(index, 'a b')).toBe('CREATE UNIQUE INDEX "a b" ON ONLY public.users USING btree (id)');
    expect(withIndexTable(index, to)).toBe('CREATE UNIQUE INDEX "on" ON ONLY public."order" USING btree (id)');
    expect(withIndexName('CREATE INDEX ON users (id)', 'i')).toBe('CREATE INDEX i ON users (id)');
  });
});
