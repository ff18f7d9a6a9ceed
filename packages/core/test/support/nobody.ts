/** A room in which nobody states a presence. */
export const nobody = (): { others: number; arrivals: number } => ({ others: 0, arrivals: 0 });
