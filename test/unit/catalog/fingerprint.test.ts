import { describe, expect, it } from 'vitest';

import { diffFingerprints, fingerprintOf, restrictTo, type Definitions } from '../../../src/catalog/fingerprint.js';

const definitions: Definitions = {
  'column public.users.id': { text: 'bigint', partOf: 'public.users', dependsOn: [] },
  'constraint public.posts.author': {
    text: 'FOREIGN KEY',
    partOf: 'public.posts',
    dependsOn: ['public.users'],
  },
  'column public.posts.id': { text: 'bigint', partOf: 'public.posts', dependsOn: [] },
  'function public.touch()': { text: 'AS\nbody\nend', dependsOn: ['public.users'] },
  'relation public.names': { text: 'view', partOf: 'public.names', dependsOn: ['public.people'] },
  'relation public.people': { text: 'view', partOf: 'public.people', dependsOn: ['public.users'] },
  'column public.names.name': { text: 'text', partOf: 'public.names', dependsOn: [] },
  'relation public.posts': { text: 'table', partOf: 'public.posts', dependsOn: [] },
  'relation public.users': { text: 'table\ncolumns (id)', partOf: 'public.users', dependsOn: [] },
  'schema public': { text: 'owner ann', dependsOn: [] },
};

function changed(identity: string, text: string): Definitions {
  return { ...definitions, [identity]: { dependsOn: [], ...definitions[identity], text } };
}

describe('fingerprintOf', () => {
  it('is the same whatever order things were read in, and another for another text', () => {
    const backwards = Object.fromEntries(Object.entries(definitions).reverse());
    expect(fingerprintOf(backwards)).toBe(fingerprintOf(definitions));
    expect(fingerprintOf(changed('column public.users.id', 'integer'))).not.toBe(fingerprintOf(definitions));
    expect(fingerprintOf(definitions)).toMatch(/^ls1:[0-9a-f]{64}$/);
  });
});

describe('diffFingerprints', () => {
  const lines = (after: Definitions): readonly string[] => diffFingerprints(definitions, after).map(({ line }) => line);

  it('says what came, what went, and what became of the rest', () => {
    const { 'schema public': gone, ...rest } = changed('column public.users.id', 'integer');
    const after = { ...rest, 'schema auth': gone! };
    expect(lines(after)).toEqual([
      'changed column public.users.id: bigint → integer',
      'added schema auth: owner ann',
      'removed schema public: owner ann',
    ]);
    expect(diffFingerprints(definitions, definitions)).toEqual([]);
  });

  it('shows only the lines of a long text that differ', () => {
    expect(lines(changed('function public.touch()', 'AS\nother\nend'))).toEqual([
      'changed function public.touch(): body → other',
    ]);
    expect(lines(changed('function public.touch()', 'end\nbody\nAS'))).toEqual([
      'changed function public.touch(): the same lines in another order or number',
    ]);
    expect(lines(changed('relation public.users', 'table\ncolumns (id)\nrow security'))).toEqual([
      'changed relation public.users: (nothing) → row security',
    ]);
  });
});

describe('restrictTo', () => {
  it('keeps a relation, its parts, and what hangs on it, also through views upon views', () => {
    expect(Object.keys(restrictTo(definitions, ['public.users']))).toEqual([
      'column public.users.id',
      'constraint public.posts.author',
      'function public.touch()',
      'relation public.names',
      'relation public.people',
      'column public.names.name',
      'relation public.users',
    ]);
  });

  it('does not take the whole table along for a foreign key', () => {
    expect(Object.keys(restrictTo(definitions, ['public.users']))).not.toContain('column public.posts.id');
  });
});
