/** What the engine estimates, with values as the app knows them. */
import type { Estimates } from '@hearsay/core';
import type { RoomEstimates } from './api.ts';
import { readValue } from './values.ts';

export function toEstimates<P>(estimates: Estimates): RoomEstimates<P> {
  const { size, regions, synced, top } = estimates;
  return {
    size,
    regions,
    synced,
    top<Field extends keyof P & string>(field: Field, most?: number) {
      return top(field, most).map(({ value, count }) => ({ value: readValue(value) as P[Field], count }));
    },
  };
}
