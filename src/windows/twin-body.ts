/**
 * What keeps the twins of a row in step, PL/pgSQL: BEFORE the row is written, after every other trigger has had its say. The
 * value of the side that a session writes gives that of the other; where it writes both they must say the same.
 */
import { quoteIdentifier, quoteLiteral } from '../sql/identifier.js';
import {
  columnNames,
  nameThen,
  twinNames,
  type ColumnWindow,
  type LookedUp,
  type OwnValue,
  type Side,
  type Twin,
  type TwinNames,
  type TwinTable,
} from './column-window.js';
import { asksParent, computedValue, madeValue, parentLookUp } from './twin-values.js';

export interface Site {
  readonly window: ColumnWindow;
  readonly table: TwinTable;
  readonly leads: Side;
  readonly names: TwinNames;
}

export function twinBody(window: ColumnWindow, table: TwinTable, leads: Side): string {
  const site: Site = { window, table, leads, names: twinNames(window.name, table.name) };
  const variables = table.twins.map((twin, index) => `  other_${index} ${twin.type};\n`).join('');
  return `
DECLARE
  by_old boolean;
  by_new boolean;
  hit boolean;
  taken boolean;
  wanted uuid;
${variables}BEGIN
${table.twins.map((twin, index) => twinPart(twin, index, site)).join('')}  RETURN NEW;
END`;
}

function twinPart(twin: Twin, index: number, site: Site): string {
  const { old, new: twinName } = columnNames(twin, site.leads);
  const moved = twin.value.kind === 'own' ? [] : alsoRead(twin.value, site);
  const changed = [old, ...moved].map((name) => `NEW.${name} IS DISTINCT FROM OLD.${name}`).join(' OR ');
  const written = `  IF TG_OP = 'INSERT' THEN
    by_old := NEW.${old} IS NOT NULL;
    by_new := NEW.${twinName} IS NOT NULL;
  ELSE
    by_old := ${changed};
    by_new := NEW.${twinName} IS DISTINCT FROM OLD.${twinName};
  END IF;
`;
  return `${written}${noteWriter(twin, site)}${twin.value.kind === 'own' ? ownPart(twin, twin.value, site) : lookedUpPart(twin, twin.value, index, site)}`;
}

/** Own columns besides the reference itself on which its value depends, quoted. */
export function alsoRead(value: LookedUp, { table, leads }: Pick<Site, 'table' | 'leads'>): readonly string[] {
  return [...value.also.map(({ own }) => own), ...value.whereReads.map(({ name }) => name)].map((name) =>
    nameThen(table, name, leads),
  );
}

/** Who writes the old side alone once it does not lead: they would be cut off by a close. A default writes it for everybody. */
function noteWriter({ value }: Twin, { window, table, leads }: Site): string {
  if (leads === 'old') return '';
  const seen = `pg_current_xact_id()::text || ${quoteLiteral(` ${window.name} ${table.name}`)}`;
  const counts = value.kind === 'own' ? "TG_OP = 'UPDATE' AND by_old AND NOT by_new" : 'by_old AND NOT by_new';
  return `  IF ${counts} AND current_setting('lockstep.seen', true) IS DISTINCT FROM ${seen} THEN
    INSERT INTO lockstep.old_writer (window_name, mapping, side) VALUES (${quoteLiteral(window.name)}, ${quoteLiteral(table.name)}, 'old');
    PERFORM set_config('lockstep.seen', ${seen}, true);
  END IF;
`;
}

function ownPart(twin: Twin, { by, oldValue }: OwnValue, site: Site): string {
  const { old, new: twinName } = columnNames(twin, site.leads);
  const makesOld = oldValue === null ? '' : givesOld(old, `${site.names.oldValue(twin)}()`);
  const made = madeValue(by);
  // What is made is not computed again when the key changes: the row keeps its identity.
  if (made !== null) return `${makesOld}${givesNew(twinName, made)}`;
  const computed = computedValue(by, `NEW.${old}`)!;
  if (by.how === 'cast') {
    const fromOld = `    wanted := ${computed};
${refuseUnless('NOT by_new OR wanted = NEW.' + twinName, twin, site)}    NEW.${twinName} := wanted;
`;
    const fromNew = `    NEW.${old} := NEW.${twinName}::text;\n`;
    const [first, second] =
      site.leads === 'old'
        ? [branch('by_old', old, fromOld), branch('by_new', twinName, fromNew)]
        : [branch('by_new', twinName, `${disagrees(twin, computed, site)}${fromNew}`), branch('by_old', old, fromOld)];
    return `${makesOldWithoutNew(makesOld, twinName)}  IF ${first}  ELSIF ${second}  END IF;
`;
  }
  // Derived: what comes with a key of its own after the cutover keeps it; nothing computes the old key from the new one.
  if (site.leads === 'new') return `${makesOld}${givesNew(twinName, computed)}`;
  return `${makesOld}  IF by_old OR by_new OR NEW.${twinName} IS NULL THEN
    wanted := ${computed};
${refuseUnless(`NEW.${twinName} IS NULL OR NOT by_new OR wanted = NEW.${twinName}`, twin, site)}    NEW.${twinName} := wanted;
  END IF;
`;
}

function branch(written: string, column: string, body: string): string {
  return `${written} AND NEW.${column} IS NOT NULL THEN\n${body}`;
}

/** Written on both sides: the new one leads, and the old one must say the same. */
function disagrees(twin: Twin, computed: string, site: Site): string {
  const { old, new: twinName } = columnNames(twin, 'new');
  return refuseUnless(`NOT by_old OR NEW.${old} IS NULL OR ${computed} = NEW.${twinName}`, twin, site);
}

function givesOld(old: string, value: string): string {
  return `  IF NEW.${old} IS NULL THEN
    NEW.${old} := ${value};
    by_old := true;
  END IF;
`;
}

/** A cast gives the old key itself, where the new one is there. */
function makesOldWithoutNew(makesOld: string, twinName: string): string {
  return makesOld === ''
    ? ''
    : `  IF NEW.${twinName} IS NULL THEN\n${makesOld.replaceAll(/^/gm, '  ').trimEnd()}\n  END IF;\n`;
}

function givesNew(twinName: string, value: string): string {
  return `  IF NEW.${twinName} IS NULL THEN
    NEW.${twinName} := ${value};
  END IF;
`;
}

function lookedUpPart(twin: Twin, value: LookedUp, index: number, site: Site): string {
  const [first, second] =
    site.leads === 'old'
      ? [
          [`by_old`, fromOld(twin, value, site)],
          [`by_new`, fromNew(twin, value, index, site)],
        ]
      : [
          [`by_new`, fromNew(twin, value, index, site)],
          [`by_old`, fromOld(twin, value, site)],
        ];
  return `${takesPart(twin, value, site)}  IF ${first[0]} THEN
${first[1]}  ELSIF ${second[0]} THEN
${second[1]}  END IF;
`;
}

/** Whether the row refers to that parent at all. */
function takesPart(twin: Twin, { where, whereReads }: LookedUp, { table, leads, names }: Site): string {
  if (where === null) return '  taken := true;\n';
  return `  taken := ${names.part(twin)}(${whereReads.map(({ name }) => `NEW.${nameThen(table, name, leads)}`).join(', ')});\n`;
}

function fromOld(twin: Twin, value: LookedUp, site: Site): string {
  const { old, new: twinName } = columnNames(twin, site.leads);
  const { window, table, leads } = site;
  const found = parentLookUp(window, table, twin.old, value, 'old', leads, 'NEW');
  const asked = asksParent(value, leads)
    ? `      SELECT p.${found.takes} INTO wanted FROM ${value.parent} AS p WHERE ${found.finds};
      hit := FOUND;
      -- The snapshot is older than the fill of the parent: what it shows of it will not do.
      IF hit AND wanted IS NULL AND current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'lockstep window %: the snapshot is older than the new key of ${inMessage(value.parent)}', ${quoteLiteral(window.name)}
          USING ERRCODE = 'serialization_failure', HINT = 'Try the transaction again.';
      END IF;
`
    : `      wanted := ${computedValue(value.by, `NEW.${old}`)!};
      hit := true;
`;
  return `    wanted := NULL;
    hit := true;
    IF NEW.${old} IS NOT NULL AND taken THEN
${asked}    END IF;
${refuseUnless(`NOT by_new OR NEW.${twinName} IS NULL OR wanted IS NULL OR wanted = NEW.${twinName}`, twin, site)}    IF hit OR NOT by_new THEN
      NEW.${twinName} := wanted;
    END IF;
`;
}

function fromNew(twin: Twin, value: LookedUp, index: number, site: Site): string {
  const { old, new: twinName } = columnNames(twin, site.leads);
  const { window, table, leads } = site;
  const other = `other_${index}`;
  const found = parentLookUp(window, table, twin.old, value, 'new', leads, 'NEW');
  // A soft reference may come before its row, or without one: the text of a uuid is a key by itself.
  const itself =
    value.by.how === 'cast'
      ? `      IF NOT hit THEN\n        ${other} := NEW.${twinName}::text;\n        hit := true;\n      END IF;\n`
      : '';
  return `    ${other} := NULL;
    hit := true;
    IF NEW.${twinName} IS NOT NULL THEN
      SELECT p.${found.takes} INTO ${other} FROM ${value.parent} AS p WHERE ${found.finds};
      hit := FOUND;
${itself}    END IF;
${refuseUnless(`NOT by_old OR NEW.${old} IS NULL OR ${other} IS NULL OR ${other} = NEW.${old}`, twin, site)}    IF taken AND (hit OR NOT by_old) THEN
      NEW.${old} := ${other};
    END IF;
`;
}

function refuseUnless(holds: string, twin: Twin, { window, table, leads }: Site): string {
  const { old, new: twinName } = columnNames(twin, leads);
  const said = `lockstep window %: ${old} and ${twinName} of ${table.name} are written with values that do not belong together`;
  return `    IF NOT (${holds}) THEN
      RAISE EXCEPTION ${quoteLiteral(said.replaceAll('%', '%%').replace('%%:', '%:'))}, ${quoteLiteral(quoteIdentifier(window.name))}
        USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
    END IF;
`;
}

function inMessage(text: string): string {
  return text.replaceAll("'", "''").replaceAll('%', '%%');
}
