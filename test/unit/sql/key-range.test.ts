/** The one place where the exact SQL of a walk is written down. */
import { describe, expect, test } from 'vitest';

import {
  cutKeys,
  endOfBatch,
  keyCondition,
  keysOfRange,
  rangeCondition,
  rowAsJson,
  topKey,
  type KeySource,
} from '../../../src/sql/key-range.js';

const ONE: KeySource = { relation: 'public.users', key: [{ name: 'id', type: 'bigint' }] };
const TWO: KeySource = {
  relation: '"Odd"."T"',
  key: [
    { name: '"a b"', type: 'text', collation: '"C"' },
    { name: 'at', type: 'timestamp with time zone' },
  ],
  filter: '(k.run_id = 1)',
};

describe('rangeCondition', () => {
  test('compares a single key without a row', () => {
    expect(rangeCondition('t', ONE.key, { hasLower: true })).toBe('t.id > $1::bigint AND t.id <= $2::bigint');
    expect(rangeCondition('t', ONE.key, { hasLower: false })).toBe('t.id <= $1::bigint');
  });

  test('compares several as rows, each under the collation of the index', () => {
    expect(rangeCondition('t', TWO.key, { hasLower: true })).toBe(
      '(t."a b" COLLATE "C", t.at) > ($1::text, $2::timestamp with time zone)' +
        ' AND (t."a b" COLLATE "C", t.at) <= ($3::text, $4::timestamp with time zone)',
    );
    expect(rangeCondition('t', TWO.key, { hasLower: false })).toBe(
      '(t."a b" COLLATE "C", t.at) <= ($1::text, $2::timestamp with time zone)',
    );
  });
});

test('one row is named by its whole key', () => {
  expect(keyCondition('t', ONE.key)).toBe('t.id = $1::bigint');
  expect(keyCondition('t', TWO.key)).toBe('(t."a b" COLLATE "C", t.at) = ($1::text, $2::timestamp with time zone)');
});

test('a range that should hold one row is asked for two', () => {
  expect(keysOfRange(ONE, { hasLower: true })).toBe(
    'SELECT json_build_array(k.id::text) AS key FROM public.users AS k WHERE k.id > $1::bigint AND k.id <= $2::bigint LIMIT 2',
  );
});

test('a row is read as JSON, its long values cut', () => {
  expect(rowAsJson(TWO, 9)).toBe(
    "SELECT (SELECT json_object_agg(v.key, CASE WHEN length(v.value::text) > 9 THEN to_json(left(v.value #>> '{}', 9) || '…')" +
      ' ELSE v.value END) FROM json_each(row_to_json(k.*)) AS v) AS row FROM "Odd"."T" AS k' +
      ' WHERE (k."a b" COLLATE "C", k.at) = ($1::text, $2::timestamp with time zone) AND (k.run_id = 1)',
  );
});

test('the end of a batch is the key of its last row, as texts', () => {
  expect(endOfBatch(ONE, { hasLower: false }, 5000)).toBe(
    'SELECT json_build_array(k.id::text) AS key FROM (SELECT k.id FROM public.users AS k WHERE k.id <= $1::bigint ORDER BY k.id OFFSET 4999 LIMIT 1) AS k',
  );
  expect(endOfBatch(TWO, { hasLower: true }, 1)).toBe(
    'SELECT json_build_array(k."a b"::text, k.at::text) AS key FROM (SELECT k."a b", k.at FROM "Odd"."T" AS k' +
      ' WHERE (k."a b" COLLATE "C", k.at) > ($1::text, $2::timestamp with time zone)' +
      ' AND (k."a b" COLLATE "C", k.at) <= ($3::text, $4::timestamp with time zone) AND (k.run_id = 1)' +
      ' ORDER BY k."a b" COLLATE "C", k.at OFFSET 0 LIMIT 1) AS k',
  );
});

test('the top is the greatest key', () => {
  expect(topKey(ONE)).toBe(
    'SELECT json_build_array(k.id::text) AS key FROM public.users AS k ORDER BY k.id DESC LIMIT 1',
  );
  expect(topKey(TWO)).toBe(
    'SELECT json_build_array(k."a b"::text, k.at::text) AS key FROM "Odd"."T" AS k WHERE (k.run_id = 1)' +
      ' ORDER BY k."a b" COLLATE "C" DESC, k.at DESC LIMIT 1',
  );
});

test('cuts come from the whole of a small relation and from a sample of a large one', () => {
  expect(cutKeys(ONE, 4, 100)).toBe(
    'SELECT DISTINCT ON (lockstep_part) json_build_array(cut.id::text) AS key FROM (' +
      'SELECT k.id, ntile(4) OVER (ORDER BY k.id) AS lockstep_part FROM public.users AS k) AS cut ORDER BY lockstep_part, cut.id DESC',
  );
  expect(cutKeys(TWO, 2, 1.5)).toBe(
    'SELECT DISTINCT ON (lockstep_part) json_build_array(cut."a b"::text, cut.at::text) AS key FROM (' +
      'SELECT k."a b", k.at, ntile(2) OVER (ORDER BY k."a b" COLLATE "C", k.at) AS lockstep_part' +
      ' FROM "Odd"."T" AS k TABLESAMPLE SYSTEM (1.5) WHERE (k.run_id = 1)) AS cut' +
      ' ORDER BY lockstep_part, cut."a b" COLLATE "C" DESC, cut.at DESC',
  );
});
