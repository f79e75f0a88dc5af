// Adds up the books in the page itself: received must equal what became of it, over all feeds and for each.

export const FATES = ["accepted", "duplicate", "stale", "late", "held", "rejected"];

/** received − (accepted + duplicate + stale + late + held + rejected); null when a count is missing. */
export function offBy(counts) {
  let sum = 0;
  for (const fate of FATES) {
    if (typeof counts[fate] !== "number") return null;
    sum += counts[fate];
  }
  return typeof counts.received === "number" ? counts.received - sum : null;
}

/** How far the books are off: in total, or, when that hides it, the sum over feeds of what each is off by. */
export function imbalance(ledger) {
  const whole = offBy(ledger);
  if (whole) return Math.abs(whole);
  const each = (ledger.feeds || []).reduce((sum, feed) => sum + Math.abs(offBy(feed) || 0), 0);
  return each || (whole === null ? null : 0);
}

/** A ledger of the rows of `/v1/feeds`. */
export function ledgerOf(rows) {
  const ledger = { received: 0, feeds: rows };
  for (const fate of FATES) ledger[fate] = 0;
  for (const row of rows) for (const name of ["received", ...FATES]) ledger[name] += row[name] || 0;
  return ledger;
}
