import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SCHEMA_CODES } from '../../../src/document/codes-schema.js';
import { openSchema } from '../../../src/document/schema-walk.js';
import { readYaml } from '../../../src/document/read-yaml.js';
import { validateSchema } from '../../../src/document/schema-validation.js';
import type { SourceDocument } from '../../../src/document/source-document.js';
import type { Diagnostic } from '../../../src/kernel/diagnostic.js';
import { SMALL_SCHEMA } from './small-schema.js';

function read(yaml: string): SourceDocument {
  const outcome = readYaml('plan.yaml', yaml);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.diagnostics));
  return outcome.value;
}

function problems(yaml: string): readonly Diagnostic[] {
  return validateSchema(read(yaml), SMALL_SCHEMA);
}

/** `code line:column [marked text] summary | detail | help` */
function said(yaml: string): readonly string[] {
  return problems(yaml).map(({ code, span, summary, detail, help }) => {
    const marked = yaml.slice(span!.start.offset, span!.end.offset);
    return `${code} ${span!.start.line}:${span!.start.column} [${marked}] ${summary} | ${detail} | ${help ?? ''}`;
  });
}

/** One step of a plan that is right otherwise, written as a flow map. */
const withStep = (step: string): string => `name: x\nsteps:\n  - ${step}\n`;

describe('validateSchema: keys', () => {
  it('accepts what fits', () => {
    const yaml = withStep(
      '{ id: a, backfill: { mappings: [m] } }\n  - { id: b, verify: [{ row_count: { table: t, is: 0 } }] }',
    );
    expect(problems(yaml)).toEqual([]);
  });

  it('says once that a misspelt key is the missing one', () => {
    expect(said(withStep('{ id: a, backfill: { tabel: t, set: { a: "1" } } }'))).toEqual([
      'LS1103 3:26 [tabel] unknown key in a step | `tabel` is not a field of `backfill`; did you mean `table`? | ' +
        '`table` is required here, so renaming fixes both problems',
    ]);
  });

  it('suggests a key that is not required, and lists keys where nothing is close', () => {
    expect(said(withStep('{ id: a, backfill: { table: t, set: { a: "1" }, wehre: b } }'))).toEqual([
      'LS1103 3:53 [wehre] unknown key in a step | `wehre` is not a field of `backfill`; did you mean `where`? | ' +
        'known here: `table`, `set`, `where`',
    ]);
    expect(said('name: x\nzzz: 1\nsteps: [{ id: a, verify: [{ empty: t }] }]\n')).toEqual([
      'LS1103 2:1 [zzz] unknown key in a plan | `zzz` is not a field of the plan | ' +
        'known here: `name`, `labels`, `target`, `columns`, `steps`',
    ]);
  });

  it('finds a key that stands a level too deep, or not deep enough', () => {
    expect(said(withStep('{ id: a, backfill: { mappings: [m], needs: [b] } }'))).toEqual([
      'LS1103 3:41 [needs] unknown key in a step | `needs` is not a field of `backfill`, but of this step | ' +
        'indent it less, or move it out of the braces',
    ]);
    expect(said(withStep('{ id: a, backfill: { table: t, set: { a: "1" } }, where: b }'))).toEqual([
      'LS1103 3:55 [where] unknown key in a step | `where` is not a field of this step, but of `backfill` | ' +
        'indent it below `backfill`',
    ]);
  });

  it('says what a missing key is for, at the map that lacks it', () => {
    expect(said('steps: [{ id: a, verify: [{ empty: t }] }]\n')).toEqual([
      'LS1101 1:1 [steps] a required key is missing in a plan | the plan needs `name`: the identity of the plan in a database | add `name:`',
    ]);
    expect(said(withStep('{ id: a, backfill: { set: { a: "1" } } }'))).toEqual([
      'LS1101 3:14 [backfill] a required key is missing in a step | `backfill` needs `table`: the table that is changed | add `table:`',
    ]);
  });

  it('one kind of step, no more and no less', () => {
    const two = withStep('{ id: a, backfill: { mappings: [m] }, verify: [{ empty: t }] }');
    expect(said(two)).toEqual([
      'LS1108 3:43 [verify] two that exclude each other | `backfill` and `verify` cannot stand together: exactly one ' +
        'kind of step belongs here | make two of it, or remove one',
    ]);
    expect(problems(two)[0]!.related).toMatchObject([{ span: { start: { line: 3, column: 14 } } }]);
    expect(said(withStep('{ id: a }'))).toEqual([
      'LS1109 3:7 [id] none where one is needed | no kind of step is named here | add one of: `backfill`, `verify`',
    ]);
    expect(said(withStep('{ id: a, backfil: { mappings: [m] } }'))).toEqual([
      'LS1103 3:14 [backfil] unknown key in a step | `backfil` is not a kind of step; did you mean `backfill`? | ' +
        'a kind of step is needed here, so renaming fixes both problems',
    ]);
    expect(said(withStep('{ id: a, verify: [{ nothing_at_all: t }] }'))).toEqual([
      'LS1103 3:25 [nothing_at_all] unknown key in a check | `nothing_at_all` is not a check | possible: `empty`, `no_rows`, `row_count`',
    ]);
  });

  it('one of several sets of keys', () => {
    const sets = (fields: string): readonly string[] =>
      said(withStep(`{ id: a, verify: [{ empty: t }], window: ${fields} }`));
    expect(sets('{ open: a }')).toEqual([]);
    expect(sets('{ from: a, to: b }')).toEqual([]);
    expect(sets('{}')).toEqual([
      'LS1109 3:38 [window] none where one is needed | `window` needs `open`, or `from` and `to` | add what is meant',
    ]);
    expect(sets('{ from: a }')).toEqual([
      'LS1101 3:38 [window] a required key is missing in a step | `window` needs `to`: the end | add `to:`',
    ]);
    expect(sets('{ form: a, to: b }')).toEqual([
      'LS1103 3:48 [form] unknown key in a step | `form` is not a field of `window`; did you mean `from`? | ' +
        '`from` is required here, so renaming fixes both problems',
    ]);
    expect(sets('{ open: a, from: a, to: b }')).toEqual([
      'LS1108 3:57 [from] two that exclude each other | `open` and `from` cannot stand together: they say different things | ' +
        'make two of it, or remove one',
    ]);
  });

  it('one of several keys, where more may stand together', () => {
    expect(said(withStep('{ id: a, verify: [{ row_count: { table: t } }] }'))).toEqual([
      'LS1109 3:25 [row_count] none where one is needed | `row_count` needs `is`, or `at_least` | add what is meant',
    ]);
    expect(problems(withStep('{ id: a, verify: [{ row_count: { table: t, is: 1, at_least: 1 } }] }'))).toEqual([]);
  });
});

describe('validateSchema: values', () => {
  it.each([
    [
      'a number',
      'name: 12',
      'LS1102 1:7 [12] a number where text is needed | `12` is a number; needed is text: the identity of the plan in a database | put it in quotes: "12"',
    ],
    [
      'a boolean',
      'name: true',
      'LS1102 1:7 [true] a boolean where text is needed | `true` is a boolean; needed is text: the identity of the plan in a database | put it in quotes: "true"',
    ],
    [
      'a list',
      'name: [a]',
      'LS1102 1:7 [[a]] a list where text is needed | this is a list; needed is text: the identity of the plan in a database | write text',
    ],
  ])('%s where text is needed', (_, line, expected) => {
    expect(said(`${line}\nsteps: [{ id: a, verify: [{ empty: t }] }]\n`)).toEqual([expected]);
  });

  it.each([
    [
      'text where a list is needed',
      '{ id: a, needs: b, verify: [{ empty: t }] }',
      'write a list, also for one entry: [b]',
    ],
    ['a quoted number', '{ id: a, batch: { rows: "5" }, verify: [{ empty: t }] }', 'remove the quotes: 5'],
    ['yes', '{ id: a, batch: { exact: yes }, verify: [{ empty: t }] }', 'write true, without quotes'],
    [
      'a list where a map is needed',
      '{ id: a, batch: [rows], verify: [{ empty: t }] }',
      'remove the `-` before the keys',
    ],
    [
      'text where a map is needed',
      '{ id: a, batch: rows, verify: [{ empty: t }] }',
      'write `key: value` lines, indented below the key',
    ],
  ])('%s has a remedy', (_, step, help) => {
    expect(problems(withStep(step))).toMatchObject([{ code: 'LS1102', help }]);
  });

  it('refuses empty values with the reason', () => {
    const inPlace = (where: string): string =>
      withStep(`{ id: a, backfill: { table: t, set: { a: "1" }, where: ${where} } }`);
    for (const [written, marked] of [
      ['', 'where'],
      ['null', 'null'],
      ['""', '""'],
      ['"  "', '"  "'],
    ] as const) {
      expect(said(inPlace(written))).toEqual([
        expect.stringMatching(
          new RegExp(`^LS1106 .*\\[${marked}\\] .*\`where\` has no value; an empty condition would mean all rows`),
        ),
      ]);
    }
    expect(problems('name: x\nsteps: []\n')).toMatchObject([
      { code: 'LS1106', detail: '`steps` has no entries; needed is what is done' },
    ]);
    expect(problems('name: x\nlabels: {}\nsteps: [{ id: a, verify: [{ empty: t }] }]\n')).toMatchObject([
      { code: 'LS1106' },
    ]);
    expect(problems('name:\nsteps: [{ id: a, verify: [{ empty: t }] }]\n')).toMatchObject([
      { code: 'LS1106', span: { start: { column: 1 } } },
    ]);
  });

  it('enum, pattern and limits', () => {
    expect(said(withStep('{ id: a, backfill: { mappings: [m], on_conflict: skp } }'))).toEqual([
      'LS1104 3:54 [skp] not one of the possible values | `skp` is not possible here; did you mean `skip`? | possible: `skip`, `update`, `fail`',
    ]);
    expect(problems(withStep('{ id: A b, verify: [{ empty: t }] }'))).toMatchObject([
      { code: 'LS1105', help: 'write lower-case words and hyphens' },
    ]);
    expect(problems(withStep('{ id: abcdefghijkl, verify: [{ empty: t }] }'))).toMatchObject([
      {
        code: 'LS1107',
        detail: '`abcdefghijkl` is outside the limits of this place: at most 10 characters are possible',
      },
    ]);
    expect(problems(withStep('{ id: a, batch: { rows: 0 }, verify: [{ empty: t }] }'))).toMatchObject([
      { code: 'LS1107', detail: '`0` is outside the limits of this place: at least 1 is needed' },
    ]);
  });
});

describe('validateSchema: names of keys', () => {
  it('points at the key', () => {
    expect(said('name: x\nlabels: { A b: x, c: y }\nsteps: [{ id: a, verify: [{ empty: t }] }]\n')).toEqual([
      'LS1105 2:11 [A b] a text of the wrong form | `A b` does not have the form that is needed here | write lower-case letters',
    ]);
  });
});

describe('validateSchema: several shapes', () => {
  const plan = (line: string): string => `name: x\n${line}\nsteps: [{ id: a, verify: [{ empty: t }] }]\n`;

  it('reports against the shape that comes closest', () => {
    expect(problems(withStep('{ id: a, backfill: { mappings: m } }'))).toMatchObject([
      { code: 'LS1102', span: { start: { column: 36 } } },
    ]);
    expect(problems(plan('columns: { a: { valu: 1 } }'))).toMatchObject([
      { code: 'LS1103', detail: expect.stringContaining('did you mean `value`?') as string },
    ]);
  });

  it('names all types where none fits', () => {
    expect(said(plan('columns: 5'))).toEqual([
      'LS1102 2:10 [5] a number where text or a map is needed | `5` is a number; needed is text or a map: what is copied | put it in quotes: "5"',
    ]);
  });

  it('names all forms of a text where none fits', () => {
    expect(problems(plan('target: 5s'))).toMatchObject([
      { code: 'LS1110', detail: '`5s` is not possible here', help: 'write one of: `off`; a duration in ms' },
    ]);
  });
});

describe('validateSchema: all at once', () => {
  it('in the order of the file', () => {
    const yaml =
      'nam: x\nsteps:\n  - id: 5\n    verfy: []\n  - id: b\n    batch: { rows: x }\n    verify: [{ empty: }]\n';
    expect(problems(yaml).map(({ code, span }) => `${code} ${span!.start.line}`)).toEqual([
      ...['LS1103 1', 'LS1102 3', 'LS1103 4', 'LS1102 6', 'LS1106 7'],
    ]);
  });

  it('agrees with ajv about every value, and points at keys and values that exist', () => {
    const word = fc.constantFrom('a', 'b', 'same', 'off', '5ms', 'id', '', 'x y');
    const key = fc.constantFrom(
      ...[
        'name',
        'steps',
        'id',
        'verify',
        'backfill',
        'mappings',
        'table',
        'set',
        'where',
        'empty',
        'columns',
        'tabel',
        'target',
        'row_count',
        'is',
      ],
    );
    const leaf = fc.oneof(word, fc.integer({ min: -1, max: 3 }), fc.boolean(), fc.constant(null));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
      ),
    }));
    const valid = {
      name: 'x',
      steps: [
        { id: 'a', backfill: { table: 't', set: { a: '1' } } },
        { id: 'b', verify: [{ row_count: { table: 't', is: 1 } }] },
      ],
    };
    const values = fc.oneof(
      tree,
      // A right plan with one part replaced: most of the paths of the walk start from something that nearly fits.
      fc.tuple(fc.nat(12), tree).map(([at, part]) => {
        let seen = 0;
        const replaced: unknown = JSON.parse(JSON.stringify(valid), (_, value: unknown) =>
          seen++ === at ? part : value,
        );
        return replaced;
      }),
    );
    const counts = { right: 0, wrong: 0 };
    fc.assert(
      fc.property(values, (value) => {
        const yaml = JSON.stringify(value);
        const found = problems(yaml);
        const accepted = openSchema(SMALL_SCHEMA).accepts(value);
        counts[accepted ? 'right' : 'wrong']++;
        expect(found.length === 0).toBe(accepted);
        for (const { code, detail, span } of found) {
          expect(Object.keys(SCHEMA_CODES)).toContain(code);
          expect(detail).not.toMatch(/must (be|have|match|NOT)|undefined|\[object/);
          expect(span!.end.offset).toBeLessThanOrEqual(yaml.length);
        }
      }),
      { numRuns: 1000 },
    );
    expect(Math.min(counts.right, counts.wrong)).toBeGreaterThan(3);
  });
});
