/**
 * The value of a reference, PL/pgSQL: that of the row that it refers to, found by the side that was written. A composite one is
 * settled as one: what was written of any part of it was written of all.
 */
import { columnNames, nameThen, type LookedUp } from './columns-window.js';
import { OLD_SNAPSHOT } from '../old-snapshot.js';
import { raiseOldSnapshot, refuseUnless, type Site } from './twin-site.js';
import { refuseUnconverted } from './unconverted-parent.js';
import { asksParent, computedValue, parentLookUp, type ParentLookUp } from './twin-values.js';
import { isComposite, type Part, type WholeReference } from './whole-references.js';

export function wholeReferencePart(whole: WholeReference, site: Site): string {
  const { parts, value } = whole;
  const { leads } = site;
  const [byOld, byNew, moved] = [written(whole, 'by_old'), written(whole, 'by_new'), written(whole, 'moved')];
  // A row that moves within a composite key follows the side whose value was written with it; without one, the side that leads.
  const [first, second] =
    leads === 'old'
      ? [
          [`${byOld} OR ${moved} AND NOT ${byNew}${isStillMissing(whole, site)}`, fromOld(whole, site)],
          [byNew, fromNew(whole, site)],
        ]
      : [
          [
            `${byNew} OR ${moved} AND NOT ${byOld} AND taken AND ${any(parts, (part) => `${newOf(part, site)} IS NOT NULL`)}`,
            fromNew(whole, site),
          ],
          [`${byOld} OR ${moved}`, fromOld(whole, site)],
        ];
  return `${takesPart(whole, value, site)}  IF ${first[0]} THEN
${first[1]}  ELSIF ${second[0]} THEN
${second[1]}  END IF;
`;
}

/** Whether a session wrote that side of any part. */
function written({ parts }: WholeReference, how: 'by_old' | 'by_new' | 'moved'): string {
  return any(parts, ({ index }) => `${how}_${index}`);
}

/**
 * Of a row that the fill has still to come to, a part that is NULL says nothing: the old side says all. One that nobody has to be asked for
 * is computed with whatever else is written of the row: at COMMIT that would be one more UPDATE, which triggers of the application see.
 */
function isStillMissing({ parts, value }: WholeReference, site: Site): string {
  if (parts.length === 1 && asksParent(value, site.leads)) return '';
  const lacks = any(
    parts,
    (part) => `${oldOf(part, site)} IS NOT NULL AND ${newOf(part, site)} IS NULL AND NOT by_new_${part.index}`,
  );
  return ` OR TG_OP = 'UPDATE' AND ${lacks}`;
}

function any(parts: readonly Part[], condition: (part: Part) => string): string {
  const [only, ...more] = parts.map(condition);
  return more.length === 0 ? only! : `(${[only!, ...more].join(' OR ')})`;
}

function oldOf({ twin }: Part, { leads }: Site): string {
  return `NEW.${columnNames(twin, leads).old}`;
}

function newOf({ twin }: Part, { leads }: Site): string {
  return `NEW.${columnNames(twin, leads).new}`;
}

/** Whether the row refers to that parent at all. */
function takesPart({ parts }: WholeReference, { where, whereReads }: LookedUp, { table, leads, names }: Site): string {
  if (where === null) return '  taken := true;\n';
  return `  taken := ${names.part(parts[0]!.twin)}(${whereReads.map(({ name }) => `NEW.${nameThen(table, name, leads)}`).join(', ')});\n`;
}

interface Found extends ParentLookUp {
  /** Columns of the parent, for each part. */
  readonly all: readonly string[];
}

function lookUp({ parts, value }: WholeReference, given: 'old' | 'new', { window, table, leads }: Site): Found {
  const all = parts.map(({ twin }) => parentLookUp(window, table, twin.old, twin.value, given, leads, 'NEW').takes);
  return { ...parentLookUp(window, table, parts[0]!.twin.old, value, given, leads, 'NEW'), all };
}

function fromOld(whole: WholeReference, site: Site): string {
  const { parts, value } = whole;
  const { window, leads } = site;
  const found = lookUp(whole, 'old', site);
  const wanted = parts.map(({ index }) => `wanted_${index}`);
  const without = any(parts, ({ index }) => `wanted_${index} IS NULL`);
  // What must be there at once cannot be settled at COMMIT.
  const atOnce = value.orphans === 'fail' && parts.some(({ twin }) => twin.notNull);
  const unseen = `      IF NOT hit AND ${OLD_SNAPSHOT} THEN
${raiseOldSnapshot(window, value)}      END IF;
`;
  const asked = `      SELECT ${found.all.map((column) => `p.${column}`).join(', ')} INTO ${wanted.join(', ')} FROM ${value.parent} AS p WHERE ${found.finds};
      hit := FOUND;
${itselfIs(value, found, wanted, site)}${atOnce ? unseen : ''}      -- The lock fails with 40001 where the fill has come to the parent since the snapshot. Else it has still to come, waits for this
      -- transaction, and comes to this row behind it.
      IF hit AND ${without} AND ${OLD_SNAPSHOT} THEN
        PERFORM FROM ${value.parent} AS p WHERE ${found.finds} FOR SHARE;
      END IF;
${parts.map(({ twin, index }) => refuseUnconverted(twin, value, `wanted_${index}`, site)).join('')}`;
  const computed = parts
    .map((part) => `      wanted_${part.index} := ${computedValue(value.by, oldOf(part, site)) ?? 'NULL'};\n`)
    .join('');
  const asks = asksParent(value, leads);
  // What stands beside a part that is NULL refers to nothing, and stays as it is where nobody wrote it.
  const partly = parts
    .map(
      (part) =>
        `      wanted_${part.index} := CASE WHEN by_new_${part.index} OR NOT by_old_${part.index} THEN ${newOf(part, site)} END;\n`,
    )
    .join('');
  const takes = (part: Part): string =>
    parts.length === 1
      ? `wanted_${part.index}`
      : `CASE WHEN by_new_${part.index} THEN coalesce(wanted_${part.index}, ${newOf(part, site)}) ELSE wanted_${part.index} END`;
  // Behind the cutover the new side stays as it is where neither side finds anybody: its foreign key has its say.
  const follows =
    leads === 'new' && isComposite(whole)
      ? `hit OR ${written(whole, 'by_old')} AND NOT ${written(whole, 'by_new')}`
      : `hit OR NOT ${written(whole, 'by_new')}`;
  return `${parts.map(({ index }) => `    wanted_${index} := NULL;\n`).join('')}    hit := true;
    IF ${asks ? found.complete : any(parts, (part) => `${oldOf(part, site)} IS NOT NULL`)} AND taken THEN
${asks ? asked : computed}${asks && isComposite(whole) ? `    ELSIF taken THEN\n${partly}` : ''}    END IF;
${parts.map((part) => refuseUnless(`NOT by_new_${part.index} OR ${newOf(part, site)} IS NULL OR wanted_${part.index} IS NULL OR wanted_${part.index} = ${newOf(part, site)}`, part.twin, site)).join('')}    IF ${follows} THEN
${parts.map((part) => `      ${newOf(part, site)} := ${takes(part)};\n`).join('')}    END IF;
`;
}

function fromNew(whole: WholeReference, site: Site): string {
  const { parts, value } = whole;
  const found = lookUp(whole, 'new', site);
  const others = parts.map(({ index }) => `other_${index}`);
  // A soft reference may come before its row, or without one: the text of a uuid is a key by itself.
  const itself =
    value.by.how === 'cast'
      ? `      IF NOT hit THEN\n${parts.map((part) => `        other_${part.index} := ${newOf(part, site)}::text;\n`).join('')}        hit := true;\n      END IF;\n`
      : '';
  const gone = parts.map((part) => `      ${newOf(part, site)} := NULL;\n`).join('');
  // What stands beside a part that is NULL refers to nothing: it stays as it is where nobody wrote it, or where it means what was written.
  const partly = parts
    .map((part) => {
      const computed = computedValue(value.by, oldOf(part, site));
      const same = computed === null ? '' : ` OR ${computed} = ${newOf(part, site)}`;
      return `      other_${part.index} := CASE WHEN NOT by_new_${part.index}${same} THEN ${oldOf(part, site)} END;\n`;
    })
    .join('');
  return `${parts.map(({ index }) => `    other_${index} := NULL;\n`).join('')}    hit := true;
${value.where === null ? '' : `    -- A row that refers to another table, or to none, has no new value here.\n    IF NOT taken THEN\n${gone}    END IF;\n`}    IF ${found.complete} THEN
      SELECT ${found.all.map((column) => `p.${column}`).join(', ')} INTO ${others.join(', ')} FROM ${value.parent} AS p WHERE ${found.finds};
      hit := FOUND;
${itselfIs(value, found, others, site)}${agrees(whole, site)}${itself}${isComposite(whole) ? `    ELSE\n${partly}` : ''}    END IF;
${parts.map((part) => refuseUnless(`NOT by_old_${part.index} OR ${oldOf(part, site)} IS NULL OR other_${part.index} IS NULL OR other_${part.index} = ${oldOf(part, site)}`, part.twin, site)).join('')}    IF taken AND (hit OR ${written(whole, 'by_new')} AND NOT ${written(whole, 'by_old')}) THEN
${parts.map((part) => `      ${oldOf(part, site)} := other_${part.index};\n`).join('')}${byTheOther(whole, site)}    END IF;
`;
}

/** The parent has no new key yet, and the two sides say the same without it. */
function agrees({ parts, value }: WholeReference, site: Site): string {
  const same = parts.map((part) => {
    const computed = computedValue(value.by, oldOf(part, site));
    return computed === null ? null : `${oldOf(part, site)} IS NOT NULL AND ${computed} = ${newOf(part, site)}`;
  });
  if (same.includes(null)) return '';
  return `      IF NOT hit AND taken AND ${same.join(' AND ')} THEN
${parts.map((part) => `        other_${part.index} := ${oldOf(part, site)};\n`).join('')}        hit := true;
      END IF;
`;
}

/** A row that moves among the rows of a composite key without a new value of its own was moved by the old one. */
function byTheOther(whole: WholeReference, site: Site): string {
  if (site.leads === 'old' || !isComposite(whole)) return '';
  return `    ELSIF NOT hit AND NOT ${written(whole, 'by_new')} THEN
${fromOld(whole, site)}`;
}

/** A row may refer to itself: nobody finds it in its table before it is written. */
function itselfIs(value: LookedUp, { all, finds }: Found, into: readonly string[], { table }: Site): string {
  if (value.parent !== table.name) return '';
  return `      IF NOT hit AND ${finds.replaceAll(/(?<=^| AND )p\./g, 'NEW.')} THEN
${into.map((variable, at) => `        ${variable} := NEW.${all[at]!};\n`).join('')}        hit := true;
      END IF;
`;
}
