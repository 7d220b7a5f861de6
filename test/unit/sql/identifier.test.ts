import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatName, formatParts, parseName, quoteIdentifier, quoteLiteral } from '../../../src/sql/identifier.js';
import { isSyntaxError, loadGrammar } from '../../../src/sql/grammar.js';

const grammar = await loadGrammar();

describe('quoteIdentifier', () => {
  it.each([
    ['users', 'users'],
    ['_a9', '_a9'],
    ['name', 'name'],
    ['Users', '"Users"'],
    ['order', '"order"'],
    ['user', '"user"'],
    ['authorization', '"authorization"'],
    ['between', '"between"'],
    ['json_table', '"json_table"'],
    ['bazaar-vid_exports', '"bazaar-vid_exports"'],
    ['a$b', '"a$b"'],
    ['9lives', '"9lives"'],
    ['Weird "Name"', '"Weird ""Name"""'],
    ['Größe', '"Größe"'],
    ['', '""'],
  ])('writes %j as %s', (name, quoted) => {
    expect(quoteIdentifier(name)).toBe(quoted);
  });

  it('refuses NUL, behind which the closing quote would be lost', () => {
    expect(() => quoteIdentifier('a\0b')).toThrow(RangeError);
  });

  it('is read back by the grammar of PostgreSQL as the same name, whatever the name', () => {
    fc.assert(
      fc.property(name(), (given) => {
        const parsed = grammar.statements(`SELECT 1 FROM ${quoteIdentifier(given)}`);
        if (isSyntaxError(parsed)) throw new Error(parsed.message);
        expect(JSON.stringify(parsed[0]!.node)).toContain(`"relname":${JSON.stringify(given)},`);
      }),
    );
  });
});

describe('quoteLiteral', () => {
  it.each([
    ['', "''"],
    ["it's", "'it''s'"],
    ['a\\b', "E'a\\\\b'"],
    ["\\'", "E'\\\\'''"],
  ])('writes %j as %s', (text, quoted) => {
    expect(quoteLiteral(text)).toBe(quoted);
  });

  it('refuses NUL', () => {
    expect(() => quoteLiteral('\0')).toThrow(RangeError);
  });

  it('is read back by the grammar of PostgreSQL as the same text, whatever the text', () => {
    fc.assert(
      fc.property(text(), (given) => {
        const parsed = grammar.statements(`SELECT ${quoteLiteral(given)}`);
        if (isSyntaxError(parsed)) throw new Error(parsed.message);
        expect(parsed).toHaveLength(1);
        const constant = /"A_Const":(\{.*?\}),"location"/.exec(JSON.stringify(parsed[0]!.node));
        // The tree leaves out empty texts.
        expect(given === '' ? constant?.[1] : JSON.stringify(parsed[0]!.node)).toContain(
          given === '' ? 'sval' : `{"sval":${JSON.stringify(given)}}`,
        );
      }),
    );
  });
});

describe('formatName', () => {
  it('quotes each part on its own', () => {
    expect(formatName({ schema: 'auth', name: 'user' })).toBe('auth."user"');
    expect(formatName({ schema: 'a.b', name: 'c' })).toBe('"a.b".c');
    expect(formatName({ name: 'users' })).toBe('users');
  });
});

describe('parseName', () => {
  it.each([
    ['users', ['users']],
    ['Users', ['Users']],
    ['order', ['order']],
    ['auth.users.id', ['auth', 'users', 'id']],
    ['bazaar-vid_exports', ['bazaar-vid_exports']],
    ['"Weird ""Name"""', ['Weird "Name"']],
    ['"a.b".c', ['a.b', 'c']],
    ['two words', ['two words']],
    ['" edge "', [' edge ']],
    ['x'.repeat(63), ['x'.repeat(63)]],
  ])('reads %s', (given, parts) => {
    expect(parseName(given)).toEqual({ ok: true, parts });
  });

  it.each([
    ['', 'empty'],
    ['a.', 'empty'],
    ['.a', 'empty'],
    ['a..b', 'empty'],
    ['""', 'empty'],
    ['"a', 'never closed'],
    ['"a"b', 'closing quote'],
    ['a"b"', 'as a whole'],
    ['a. b', 'blank'],
    ['a\0b', 'NUL'],
    ['\ud83d', 'surrogate'],
    ['x'.repeat(64), '64 bytes'],
    ['ü'.repeat(32), '64 bytes'],
  ])('refuses %j and says why', (given, reason) => {
    const parsed = parseName(given);
    expect(parsed).toMatchObject({ ok: false });
    expect(parsed.ok ? '' : parsed.reason).toContain(reason);
  });

  it('reads back what formatParts writes, whatever the parts', () => {
    fc.assert(
      fc.property(fc.array(name(), { minLength: 1, maxLength: 3 }), (parts) => {
        expect(parseName(formatParts(parts))).toEqual({ ok: true, parts });
      }),
    );
  });
});

/** Texts that PostgreSQL can hold, rich in what quoting trips over. */
function text(): fc.Arbitrary<string> {
  const unit = fc.oneof(
    fc.constantFrom('"', "'", '\\', '.', ' ', '\n', '$', '-', ';', 'A', 'z', '_', 'ü', '😀'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  );
  return fc.string({ unit, maxLength: 20 }).filter((value) => !/[\0\p{Surrogate}]/u.test(value));
}

function name(): fc.Arbitrary<string> {
  return fc
    .oneof(text(), fc.constantFrom('select', 'order', 'left', 'int', 'json', 'public'))
    .filter((value) => value !== '' && Buffer.byteLength(value, 'utf8') <= 63);
}
