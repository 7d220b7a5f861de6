/**
 * What keeps the twins of a row in step, PL/pgSQL: BEFORE the row is written, after every other trigger has had its say. The
 * value of the side that a session writes gives that of the other; where it writes both they must say the same.
 */
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import {
  columnNames,
  twinNames,
  type ColumnsWindow,
  type OwnValue,
  type Side,
  type Twin,
  type TwinTable,
} from './columns-window.js';
import { wholeReferencePart } from './reference-body.js';
import { alsoRead, NOT_BY_US, refuseUnless, type Site } from './twin-site.js';
import { computedValue, madeValue } from './twin-values.js';
import { wholeReferences, type WholeReference } from './whole-references.js';

export function twinBody(window: ColumnsWindow, table: TwinTable, leads: Side): string {
  const site: Site = { window, table, leads, names: twinNames(window.name, table.name) };
  const each = (part: (twin: Twin, index: number) => string): string => table.twins.map(part).join('');
  const wholes = wholeReferences(table);
  // What was written is asked of all before anything is given: what one gets is not what a session wrote of another.
  return `
DECLARE
  hit boolean;
  taken boolean;
  wanted uuid;
${each(({ type, value }, index) => `  by_old_${index} boolean;\n  by_new_${index} boolean;\n  moved_${index} boolean;\n  other_${index} ${type};\n${value.kind === 'own' ? '' : `  wanted_${index} uuid;\n`}`)}BEGIN
${each((twin, index) => written(twin, index, wholes, site))}${each((twin, index) => noteWriter(twin, index, site) + valuePart(twin, index, wholes, site))}  RETURN NEW;
END`;
}

function written(twin: Twin, index: number, wholes: readonly WholeReference[], { table, leads }: Site): string {
  const { old, new: twinName } = columnNames(twin, leads);
  const whole = wholeOf(index, wholes);
  const beside = whole === undefined ? [] : besides(whole, { table, leads });
  const moved = beside.map((name) => `NEW.${name} IS DISTINCT FROM OLD.${name}`).join(' OR ');
  return `  IF TG_OP = 'INSERT' THEN
    by_old_${index} := NEW.${old} IS NOT NULL;
    by_new_${index} := NEW.${twinName} IS NOT NULL;
    moved_${index} := false;
  ELSE
    by_old_${index} := NEW.${old} IS DISTINCT FROM OLD.${old};
    by_new_${index} := NEW.${twinName} IS DISTINCT FROM OLD.${twinName};
    moved_${index} := ${moved === '' ? 'false' : moved};
  END IF;
`;
}

function wholeOf(index: number, wholes: readonly WholeReference[]): WholeReference | undefined {
  return wholes.find(({ parts }) => parts.some((part) => part.index === index));
}

/** That of a reference stands with its first part. */
function valuePart(twin: Twin, index: number, wholes: readonly WholeReference[], site: Site): string {
  if (twin.value.kind === 'own') return ownPart(twin, twin.value, index, site);
  const whole = wholeOf(index, wholes)!;
  return whole.parts[0]!.index === index ? wholeReferencePart(whole, site) : '';
}

/** Own columns on which its value depends besides its parts, of both sides, quoted. */
function besides(whole: WholeReference, { table, leads }: Pick<Site, 'table' | 'leads'>): readonly string[] {
  const { parts, value } = whole;
  const isPart = (column: string): boolean => parts.some(({ twin }) => twin.old === column);
  const others = value.also.filter(({ own }) => !isPart(own));
  const twinned = others.flatMap(({ own }) => {
    const twin = table.twins.find(({ old }) => old === own);
    return twin === undefined ? [] : [columnNames(twin, leads).new];
  });
  return [...alsoRead({ ...value, also: others }, { table, leads }), ...twinned];
}

/** Who writes the old side alone once it does not lead: they would be cut off by a close. A default writes it for everybody. */
function noteWriter({ value }: Twin, index: number, { window, table, leads }: Site): string {
  if (leads === 'old') return '';
  const seen = `pg_catalog.pg_current_xact_id()::text || ${quoteLiteral(` ${window.name} ${table.name}`)}`;
  const counts = `${value.kind === 'own' ? "TG_OP = 'UPDATE' AND " : ''}by_old_${index} AND NOT by_new_${index}`;
  return `  IF ${counts} AND pg_catalog.current_setting('lockstep.seen', true) IS DISTINCT FROM ${seen} THEN
    INSERT INTO lockstep.old_writer (window_name, mapping, side) VALUES (${quoteLiteral(window.name)}, ${quoteLiteral(table.name)}, 'old');
    PERFORM pg_catalog.set_config('lockstep.seen', ${seen}, true);
  END IF;
`;
}

function ownPart(twin: Twin, { by, oldValue }: OwnValue, index: number, site: Site): string {
  const [byOld, byNew] = [`by_old_${index}`, `by_new_${index}`];
  const { old, new: twinName } = columnNames(twin, site.leads);
  const makesOld = oldValue === null ? '' : givesOld(old, `${site.names.oldValue(twin)}()`, byOld);
  const made = madeValue(by);
  // What is made is not computed again when the key changes: the row keeps its identity.
  if (made !== null) return `${leadsAlone(twin, index, site)}${makesOld}${givesNew(twinName, made)}`;
  const computed = computedValue(by, `NEW.${old}`)!;
  if (by.how === 'cast') {
    const fromOld = `    wanted := ${computed};
${refuseUnless(`NOT ${byNew} OR wanted = NEW.${twinName}`, twin, site)}    NEW.${twinName} := wanted;
`;
    const fromNew = `    NEW.${old} := NEW.${twinName}::text;\n`;
    const [first, second] =
      site.leads === 'old'
        ? [branch(`(${byOld} OR NEW.${twinName} IS NULL)`, old, fromOld), branch(byNew, twinName, fromNew)]
        : [branch(byNew, twinName, `${disagrees(twin, computed, byOld, site)}${fromNew}`), branch(byOld, old, fromOld)];
    return `${makesOldWithoutNew(makesOld, twinName)}  IF ${first}  ELSIF ${second}  END IF;
`;
  }
  // Derived: what comes with a key of its own after the cutover keeps it; nothing computes the old key from the new one.
  if (site.leads === 'new') return `${leadsAlone(twin, index, site)}${makesOld}${givesNew(twinName, computed)}`;
  return `${makesOld}  IF ${byOld} OR ${byNew} OR NEW.${twinName} IS NULL THEN
    wanted := ${computed};
${refuseUnless(`NEW.${twinName} IS NULL OR NOT ${byNew} OR wanted = NEW.${twinName}`, twin, site)}    NEW.${twinName} := wanted;
  END IF;
`;
}

/**
 * Neither key says what the other becomes when it changes, and what refers to the row follows the side that leads: the other one
 * has no foreign key that would take it along, or none yet. The run itself takes them along (`mend-duplicates`).
 */
function leadsAlone(twin: Twin, index: number, { window, table, leads }: Site): string {
  const { old, new: twinName } = columnNames(twin, leads);
  const [lags, by, other] =
    leads === 'old' ? [twinName, `by_new_${index}`, `by_old_${index}`] : [old, `by_old_${index}`, `by_new_${index}`];
  return `  IF TG_OP = 'UPDATE' AND ${by} AND NOT ${other} AND OLD.${lags} IS NOT NULL${leads === 'old' ? ` AND ${NOT_BY_US}` : ''} THEN
    RAISE EXCEPTION ${quoteLiteral(`lockstep window %: ${lags} of ${table.name} does not change alone`.replaceAll('%', '%%').replace('%%:', '%:'))}, ${quoteLiteral(quoteIdentifier(window.name))}
      USING ERRCODE = 'check_violation', HINT = ${quoteLiteral(`What refers to the row follows ${leads === 'old' ? old : twinName}.`)};
  END IF;
`;
}

function branch(written: string, column: string, body: string): string {
  return `${written} AND NEW.${column} IS NOT NULL THEN\n${body}`;
}

/** Written on both sides: the new one leads, and the old one must say the same. */
function disagrees(twin: Twin, computed: string, byOld: string, site: Site): string {
  const { old, new: twinName } = columnNames(twin, 'new');
  return refuseUnless(`NOT ${byOld} OR NEW.${old} IS NULL OR ${computed} = NEW.${twinName}`, twin, site);
}

function givesOld(old: string, value: string, byOld: string): string {
  return `  IF NEW.${old} IS NULL THEN
    NEW.${old} := ${value};
    ${byOld} := true;
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
