import { describe, expect, it } from 'vitest';
import type { StepReach } from '../../../src/operation/step-reach.js';
import { reachLines } from '../../../src/render/reach-lines.js';

const reach: StepReach = {
  columns: [
    { column: 'public.users.id', type: 'integer', of: null, by: 'named in the plan' },
    { column: 'public.posts.author_id', type: 'integer', of: 'public.users.id', by: 'posts_author_id_fkey' },
    { column: 'public.votes.author_id', type: 'integer', of: 'public.posts.author_id', by: 'votes_post_fkey' },
    {
      column: 'app.events.user_id',
      type: 'integer',
      of: 'public.users.id',
      by: `named in the plan, where kind = 'User'`,
    },
  ],
  objects: [
    { relation: 'public.users', kind: 'index', name: 'users_pkey', becomes: 'is built beside it' },
    { relation: null, kind: 'view', name: 'public.authors', becomes: 'made again in the cutover, with the same text' },
    { relation: 'public.users', kind: 'column', name: 'id', becomes: 'a\u001b[2J uuid' },
  ],
};

describe('what a step takes along', () => {
  it('is a tree of columns, and a list by relation', () => {
    expect(reachLines(reach, 100).join('\n')).toMatchInlineSnapshot(`
      "users.id (integer)
      ├─ posts.author_id (integer): posts_author_id_fkey
      │  └─ votes.author_id (integer): votes_post_fkey
      └─ app.events.user_id (integer): named in the plan, where kind = 'User'
      users
        index users_pkey: is built beside it
        column id: a�[2J uuid
      besides
        view authors: made again in the cutover, with the same text"
    `);
  });

  it('is broken between words, and nothing of it is cut', () => {
    const lines = reachLines(reach, 40);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(48);
    expect(lines.join(' ').replaceAll(/\s+/g, ' ')).toContain('made again in the cutover, with the same text');
  });
});
