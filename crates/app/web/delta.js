// How a change is computed from two values, in the unit that changes of its measure have.

/** The change of a value against the one before, in the unit that changes of it have. */
export function deltaOf(value, previous, unit) {
  if (value === null || previous === null || previous === undefined || value === undefined) return null;
  const difference = Number(value) - Number(previous);
  if (unit === "pp") return difference * 100;
  if (unit === "d") return difference;
  return Number(previous) === 0 ? null : (difference / Math.abs(Number(previous))) * 100;
}
