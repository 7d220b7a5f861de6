/**
 * Definitions after a rename: the server stores parse trees and prints them with the names of today, so a text that was
 * read before has to follow. Works on words, without the grammar: a definition is one index, constraint or expression.
 * What a word means is seen from its neighbours; what stands behind `::` is a type, before `(` a function.
 */
import { formatName, quoteIdentifier, type QualifiedName } from './identifier.js';

interface Word {
  readonly text: string;
  /** The name that it stands for; undefined for what is no name. */
  readonly name?: string;
}

const WORDS =
  /"(?:[^"]|"")*"|[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|[\p{L}_][\p{L}\p{N}_$]*|::|\s+|[\s\S]/gu;

function wordsOf(text: string): readonly Word[] {
  return [...text.matchAll(WORDS)].map(([word]) => {
    if (word.startsWith('"')) return { text: word, name: word.slice(1, -1).replaceAll('""', '"') };
    return /^[\p{L}_]/u.test(word) && !word.includes("'") ? { text: word, name: word.toLowerCase() } : { text: word };
  });
}

/** A column of the table that the definition belongs to. */
export function withColumnRenamed(definition: string, from: string, to: string): string {
  const words = wordsOf(definition);
  const end = placeOf(words, 'references') ?? words.length;
  // The name and the table of an index come before its columns.
  const start = placeOf(words, 'index') === undefined ? 0 : words.findIndex(({ text }) => text === '(');
  const own = renamed(words, start, end, from, to);
  if (end === words.length) return own;
  // Behind what it points to stand own columns once more: SET NULL (…).
  const actions = wordsOf(own);
  const set = actions.findIndex(({ text }, at) => text === '(' && isAction(actions, at));
  return set === -1 ? own : renamed(actions, set, actions.length, from, to);
}

/** Whether a bracket follows SET NULL or SET DEFAULT. */
function isAction(words: readonly Word[], at: number): boolean {
  const verb = previous(words, at);
  const word = words[verb]?.text.toLowerCase();
  return (word === 'null' || word === 'default') && words[previous(words, verb)]?.text.toLowerCase() === 'set';
}

/** A column of the table that a foreign key points to. */
export function withReferencedColumnRenamed(definition: string, from: string, to: string): string {
  const words = wordsOf(definition);
  const references = placeOf(words, 'references');
  if (references === undefined) return definition;
  const open = words.findIndex(({ text }, at) => at > references && text === '(');
  if (open === -1) return definition;
  const close = words.findIndex(({ text }, at) => at > open && text === ')');
  return renamed(words, open, close, from, to);
}

/** The table that a foreign key points to. */
export function withReferencedTable(definition: string, table: QualifiedName): string {
  const words = wordsOf(definition);
  const references = placeOf(words, 'references');
  if (references === undefined) return definition;
  return withRelation(words, next(words, references), table);
}

/** The table that an index is on. */
export function withIndexTable(definition: string, table: QualifiedName): string {
  const words = wordsOf(definition);
  const on = placeOf(words, 'on');
  if (on === undefined) return definition;
  const behind = next(words, on);
  return withRelation(words, words[behind]?.text.toLowerCase() === 'only' ? next(words, behind) : behind, table);
}

/** Of a partitioned table alone, as the server prints it. */
export function onOnly(definition: string): string {
  const words = wordsOf(definition);
  const on = placeOf(words, 'on');
  if (on === undefined || words[next(words, on)]?.text.toLowerCase() === 'only') return definition;
  return `${textOf(words.slice(0, on + 1))} ONLY${textOf(words.slice(on + 1))}`;
}

export function withIndexName(definition: string, name: string): string {
  const words = wordsOf(definition);
  const [index, on] = [placeOf(words, 'index'), placeOf(words, 'on')];
  if (index === undefined || on === undefined) return definition;
  return `${textOf(words.slice(0, index + 1))} ${quoteIdentifier(name)} ${textOf(words.slice(on))}`;
}

function renamed(words: readonly Word[], start: number, end: number, from: string, to: string): string {
  const changed = words.map((word, at) => {
    if (word.name !== from || at < start || at >= end) return word;
    const [before, after] = [words[previous(words, at)]?.text, words[next(words, at)]?.text];
    const isType = before === '::' || before?.toLowerCase() === 'collate';
    // A call, or a key word such as INCLUDE.
    const opens = after === '(' && !word.text.startsWith('"');
    return isType || opens || after === '.' ? word : { text: quoteIdentifier(to) };
  });
  return textOf(changed);
}

/** Where a key word stands, outside quotes. */
function placeOf(words: readonly Word[], keyword: string): number | undefined {
  const at = words.findIndex(({ text }) => text.toLowerCase() === keyword);
  return at === -1 ? undefined : at;
}

function withRelation(words: readonly Word[], at: number, relation: QualifiedName): string {
  let end = at;
  while (words[end + 1]?.text === '.') end += 2;
  return textOf(words.slice(0, at)) + formatName(relation) + textOf(words.slice(end + 1));
}

function next(words: readonly Word[], at: number): number {
  return words.findIndex(({ text }, index) => index > at && text.trim() !== '');
}

function previous(words: readonly Word[], at: number): number {
  return words.findLastIndex(({ text }, index) => index < at && text.trim() !== '');
}

function textOf(words: readonly Word[]): string {
  return words.map(({ text }) => text).join('');
}
