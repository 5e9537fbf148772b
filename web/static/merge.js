// How a change is made to a state.

/** RFC 7396; what is unchanged stays the same object, so that a panel can tell by `===`. */
export function merged(old, patch) {
  const result = { ...old };
  for (const [member, value] of Object.entries(patch)) {
    if (value === null) delete result[member];
    else if (typeof value === "object" && !Array.isArray(value)) result[member] = merged(result[member], value);
    else result[member] = value;
  }
  return result;
}
