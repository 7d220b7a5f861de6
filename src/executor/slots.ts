/** Permits for work on the database: at most `count` at a time, handed out in the order in which they were asked for. */
export interface Slots {
  /** Runs `work` while it holds a permit. First come, first served: operations that run side by side take turns. */
  with<T>(work: () => Promise<T>): Promise<T>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  const take = async (): Promise<void> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const give = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return {
    async with(work) {
      await take();
      try {
        return await work();
      } finally {
        give();
      }
    },
  };
}
