import { describe, expect, it } from 'vitest';
import { columnGrants, grantStatements, type Grant } from '../../../src/postgres/grant-statements.js';

const byOwner: Grant = ['ann', 'bob', 'SELECT', true];

describe('grantStatements', () => {
  it('begins with nothing, whoever was granted something by default', () => {
    expect(grantStatements({ on: 'TABLE s.v', owner: 'ann', grants: [], byDefault: ['Zoe', null] })).toEqual([
      'REVOKE ALL ON TABLE s.v FROM PUBLIC, ann, "Zoe"',
    ]);
  });

  it('puts together what goes to one grantee, and keeps grant options apart', () => {
    const grants: readonly Grant[] = [
      ['ann', null, 'UPDATE', false],
      ['ann', null, 'SELECT', false],
      byOwner,
      ['ann', 'bob', 'INSERT', false],
    ];
    expect(grantStatements({ on: 'TABLE v', owner: 'ann', grants, byDefault: [] }).slice(1)).toEqual([
      'GRANT INSERT ON TABLE v TO bob',
      'GRANT SELECT ON TABLE v TO bob WITH GRANT OPTION',
      'GRANT SELECT, UPDATE ON TABLE v TO PUBLIC',
    ]);
  });

  it('lets those who pass a privilege on have it first, and speak for themselves', () => {
    const grants: readonly Grant[] = [['amy', 'zed', 'SELECT', false], ['bob', 'amy', 'SELECT', true], byOwner];
    expect(grantStatements({ on: 'TABLE v', owner: 'ann', grants, byDefault: [] }).slice(1)).toEqual([
      'GRANT SELECT ON TABLE v TO bob WITH GRANT OPTION',
      'SET LOCAL ROLE bob',
      'GRANT SELECT ON TABLE v TO amy WITH GRANT OPTION',
      'RESET ROLE',
      'SET LOCAL ROLE amy',
      'GRANT SELECT ON TABLE v TO zed',
      'RESET ROLE',
    ]);
  });
});

describe('columnGrants', () => {
  it('names the column with each privilege, and takes nothing away first', () => {
    const grants: readonly Grant[] = [byOwner, ['ann', 'bob', 'INSERT', true]];
    expect(columnGrants('s.v', 'order', 'ann', grants)).toEqual([
      'GRANT INSERT ("order"), SELECT ("order") ON TABLE s.v TO bob WITH GRANT OPTION',
    ]);
  });
});
