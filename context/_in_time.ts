/** For how long work is waited for, and what it comes to then. */
export interface InTimeOptions<T> {
  /** In milliseconds; Infinity for as long as it takes. */
  readonly ms: number;
  /** Gives back what counts as the result, or throws. */
  readonly late: () => T;
}

/** Waits for work, but not for ever. */
export async function inTime<T>(
  work: Promise<T>,
  { ms, late }: InTimeOptions<T>,
): Promise<T> {
  if (ms === Infinity) return await work;
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timer = setTimeout(() => {
    try {
      resolve(late());
    } catch (error) {
      reject(error);
    }
  }, ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
