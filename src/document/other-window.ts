/** What a window of another plan is called in a plan: `plan/step`, as in the journal and in the errors of its mirrors. */
const NAME = '[a-z][a-z0-9]*(?:-[a-z0-9]+)*';

export const OTHER_WINDOW = new RegExp(`^${NAME}/${NAME}$`);
