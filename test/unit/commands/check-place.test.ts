import { describe, expect, it } from 'vitest';
import { placeOfCheck } from '../../../src/commands/check-place.js';
import { readPlan } from '../../../src/document/read-plan.js';

const TEXT = `lockstep: 1
name: places
mappings:
  a: { from: x, to: y, columns: { id: id } }
  b: { from: x, to: z, columns: { id: id } }
require:
  - { unique: { table: x, columns: [id] } }
invariants:
  - { row_count: { table: x, at_least: 1 } }
steps:
  - id: proof
    when:
      - { exists: { table: x } }
    require:
      - { empty: x }
    verify:
      - in_sync: [a, b]
      - { no_nulls: { table: x, columns: [id] } }
  - id: stop
    gate:
      hold: 1h
      until:
        - in_sync: [a, b]
        - { empty: x }
`;

describe('the place of a check', () => {
  it.each([
    ['begin/require/1-unique', 7],
    ['begin/invariant/1-row_count', 9],
    ['proof/invariant/1-row_count', 9],
    ['undo/begin/invariant/1-row_count', 9],
    ['proof/when/1-exists', 13],
    ['proof/require/1-empty', 15],
    ['proof/verify/1-in_sync', 17],
    ['proof/verify/2-in_sync', 17],
    ['proof/verify/3-no_nulls', 18],
    ['proof/verify/4-no_nulls', undefined],
    ['stop/until/2-in_sync', 23],
    ['stop/until/3-empty', 24],
    ['stop/until/4-empty', undefined],
    ['fill/one-to-one/a/1-one_to_one', undefined],
    ['proof/one-to-one/a/1-one_to_one', undefined],
  ])('%s stands in line %s', async (id, line) => {
    const outcome = await readPlan('places.yaml', TEXT, { set: {}, env: {} });
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.diagnostics));
    expect(placeOfCheck(id, outcome.value)?.start.line).toBe(line);
  });
});
