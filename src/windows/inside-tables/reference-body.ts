/** The value of a reference, PL/pgSQL: that of the row that it refers to, found by the side that was written. */
import { columnNames, nameThen, type LookedUp, type Twin } from './columns-window.js';
import { OLD_SNAPSHOT, raiseOldSnapshot, refuseUnless, type Site } from './twin-site.js';
import { refuseUnconverted } from './unconverted-parent.js';
import { asksParent, computedValue, parentLookUp, type ParentLookUp } from './twin-values.js';

export function lookedUpPart(twin: Twin, value: LookedUp, index: number, site: Site): string {
  const { new: twinName } = columnNames(twin, site.leads);
  const [byOld, byNew, moved] = [`by_old_${index}`, `by_new_${index}`, `moved_${index}`];
  // A row that moves within a composite key follows the side whose value was written with it; without one, the side that leads.
  const [first, second] =
    site.leads === 'old'
      ? [
          [`${byOld} OR ${moved} AND NOT ${byNew}`, fromOld(twin, value, index, site)],
          [byNew, fromNew(twin, value, index, site)],
        ]
      : [
          [
            `${byNew} OR ${moved} AND NOT ${byOld} AND taken AND NEW.${twinName} IS NOT NULL`,
            fromNew(twin, value, index, site),
          ],
          [`${byOld} OR ${moved}`, fromOld(twin, value, index, site)],
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

function fromOld(twin: Twin, value: LookedUp, index: number, site: Site): string {
  const { old, new: twinName } = columnNames(twin, site.leads);
  const { window, table, leads } = site;
  const found = parentLookUp(window, table, twin.old, value, 'old', leads, 'NEW');
  // What must be there at once cannot be settled at COMMIT.
  const unseen = value.orphans === 'fail' && twin.notNull ? '(NOT hit OR wanted IS NULL)' : 'hit AND wanted IS NULL';
  const asked = asksParent(value, leads)
    ? `      SELECT p.${found.takes} INTO wanted FROM ${value.parent} AS p WHERE ${found.finds};
      hit := FOUND;
${itselfIs(value, found, 'wanted', site)}      -- The snapshot is older than the fill of the parent: what it shows of it will not do.
      IF ${unseen} AND ${OLD_SNAPSHOT} THEN
${raiseOldSnapshot(window, value)}      END IF;
${refuseUnconverted(twin, value, site)}`
    : `      wanted := ${computedValue(value.by, `NEW.${old}`)!};
      hit := true;
`;
  return `    wanted := NULL;
    hit := true;
    IF NEW.${old} IS NOT NULL AND taken THEN
${asked}    END IF;
${refuseUnless(`NOT by_new_${index} OR NEW.${twinName} IS NULL OR wanted IS NULL OR wanted = NEW.${twinName}`, twin, site)}    IF hit OR NOT by_new_${index} THEN
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
${value.where === null ? '' : `    -- A row that refers to another table, or to none, has no new value here.\n    IF NOT taken THEN\n      NEW.${twinName} := NULL;\n    END IF;\n`}    IF NEW.${twinName} IS NOT NULL THEN
      SELECT p.${found.takes} INTO ${other} FROM ${value.parent} AS p WHERE ${found.finds};
      hit := FOUND;
${itselfIs(value, found, other, site)}${itself}    END IF;
${refuseUnless(`NOT by_old_${index} OR NEW.${old} IS NULL OR ${other} IS NULL OR ${other} = NEW.${old}`, twin, site)}    IF taken AND (hit OR by_new_${index} AND NOT by_old_${index}) THEN
      NEW.${old} := ${other};
${byTheOther(twin, value, index, site)}    END IF;
`;
}

/** A row that moves among the rows of a composite key without a new value of its own was moved by the old one. */
function byTheOther(twin: Twin, value: LookedUp, index: number, site: Site): string {
  if (site.leads === 'old' || value.also.length === 0) return '';
  return `    ELSIF NOT hit AND NOT by_new_${index} THEN
${fromOld(twin, value, index, site)}`;
}

/** A row may refer to itself: nobody finds it in its table before it is written. */
function itselfIs(value: LookedUp, { takes, finds }: ParentLookUp, into: string, { table }: Site): string {
  if (value.parent !== table.name) return '';
  return `      IF NOT hit AND ${finds.replaceAll(/(?<=^| AND )p\./g, 'NEW.')} THEN
        ${into} := NEW.${takes};
        hit := true;
      END IF;
`;
}
