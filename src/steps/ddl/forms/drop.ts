/** DROP, by what is dropped. CASCADE is refused: what it reaches stands in no plan. */
import { commandTag } from '../../../sql/command-tag.js';
import type { Form } from '../piece.js';
import { dropIndexes, namesOf } from './indexes.js';
import { dropObjects } from './objects.js';
import { dropExtensions } from './schemas-and-extensions.js';
import { dropTables } from './tables.js';
import { dropViews } from './views.js';

export const drop: Form<'DropStmt'> = (statement, at) => {
  if (statement.behavior === 'DROP_CASCADE') {
    at.refuse('LS6203', 'CASCADE takes along what the plan does not name.', 'drop each object by name');
    return [];
  }
  const missingOk = statement.missing_ok === true;
  switch (statement.removeType) {
    case 'OBJECT_TABLE':
    case 'OBJECT_SEQUENCE':
      return dropTables(namesOf(statement.objects), missingOk, at);
    case 'OBJECT_INDEX':
      return dropIndexes(namesOf(statement.objects), missingOk, at);
    case 'OBJECT_VIEW':
    case 'OBJECT_MATVIEW':
      return dropViews(statement, at);
    case 'OBJECT_EXTENSION':
      return dropExtensions(statement, at);
    case 'OBJECT_FUNCTION':
    case 'OBJECT_PROCEDURE':
    case 'OBJECT_ROUTINE':
    case 'OBJECT_AGGREGATE':
    case 'OBJECT_TRIGGER':
    case 'OBJECT_RULE':
    case 'OBJECT_POLICY':
    case 'OBJECT_STATISTIC_EXT':
    case 'OBJECT_TYPE':
    case 'OBJECT_DOMAIN':
    case 'OBJECT_SCHEMA':
      return dropObjects(statement, at);
    default:
      at.refuse(
        'LS6203',
        `${commandTag('DropStmt', { ...statement })} is not known here.`,
        'put it into a `sql` step with `down`',
      );
      return [];
  }
};
