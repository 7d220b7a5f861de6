/**
 * Which plans have goldens, and which schema each is compiled against. Owns the lists, made of what is in the folders: a new
 * fixture is found without being written down anywhere.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { ShownSql } from './sql-text.js';

const FIXTURES = 'test/fixtures/ok';
const REFERENCES = 'plans';
const SHAPES = 'test/goldens/plans';
const SCHEMAS = 'test/goldens/schemas';

export interface GoldenPlan {
  /** Of its files, without an ending. */
  readonly name: string;
  readonly file: string;
  /** Name of its catalog. */
  readonly against: string;
  /** It is there to show its SQL, and which part of it; null: it is there for its graph alone. */
  readonly shown: ShownSql | null;
}

export function goldenPlans(): readonly GoldenPlan[] {
  return [
    ...stems(REFERENCES, '.yaml').map((name) => planOf(REFERENCES, name, name)),
    ...stems(FIXTURES, '.yaml').map((name) => planOf(FIXTURES, name, `ok-${name}`)),
    ...stems(SHAPES, '.yaml').map((name) => planOf(SHAPES, name, name)),
  ];
}

/** A reference plan is compiled against the schema of its example, every other one says `# against: NAME`. */
function planOf(folder: string, stem: string, name: string): GoldenPlan {
  const file = `${folder}/${stem}.yaml`;
  const text = readFileSync(file, 'utf8');
  const said = (word: string): string | undefined => new RegExp(`^# ${word}: (\\S+)$`, 'm').exec(text)?.[1];
  const against = folder === REFERENCES ? stem : said('against');
  if (against === undefined) throw new Error(`${file} does not say \`# against: SCHEMA\`; see test/goldens/README.md`);
  const about = /^# (.*)$/m.exec(text)?.[1] ?? '';
  const shown = folder === SHAPES ? { about, shows: new RegExp(said('shows') ?? '') } : null;
  return { name, file, against, shown };
}

export interface GoldenSchema {
  readonly name: string;
  /** Run one after the other. */
  readonly files: readonly string[];
  /** Applied to it before the catalog is read, as far as they come: plans that leave a window open. */
  readonly applied: readonly string[];
}

export function goldenSchemas(): readonly GoldenSchema[] {
  const examples = stems(REFERENCES, '.yaml').map((name) => ({ name, file: `examples/${name}/schema.sql` }));
  const own = stems(SCHEMAS, '.sql').map((name) => ({ name, file: `${SCHEMAS}/${name}.sql` }));
  return [...examples, ...own].map(({ name, file }) => {
    const text = readFileSync(file, 'utf8');
    const named = (word: string): readonly string[] =>
      [...text.matchAll(new RegExp(`^-- ${word}: (\\S+)$`, 'gm'))].map(([, path]) => join(dirname(file), path!));
    return { name, files: [...named('begin with'), file], applied: named('apply') };
  });
}

/** Changes with every byte that the server is given. */
export function schemaDigest({ files, applied }: GoldenSchema): string {
  const hash = createHash('sha256');
  for (const path of [...files, ...applied]) hash.update(readFileSync(path));
  return hash.digest('hex');
}

export function stems(folder: string, ending: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))
    .sort();
}
