/** How a text is to look: where it is written to decides. */
import type { Style } from './style.js';

export interface View {
  readonly style: Style;
  /** Columns of the terminal; 100 where there is none. */
  readonly width: number;
}
