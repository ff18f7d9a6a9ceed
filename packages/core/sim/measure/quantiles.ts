/** Order statistics of what was measured. */

/** The value that a share `q` of the sorted list does not exceed; `null` of an empty list or beyond the finite ones. */
export function quantile(sorted: Float64Array, q: number): number | null {
  if (sorted.length === 0) return null;
  const value = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
  return Number.isFinite(value) ? value : null;
}

export function sortedOf(values: readonly number[] | Float64Array): Float64Array {
  return Float64Array.from(values).sort();
}

export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return values.length === 0 ? 0 : sum / values.length;
}
