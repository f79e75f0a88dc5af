// The colours of the style sheet for canvases, read once for each theme.

let held = new Map();
const watchers = new Set();

for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
  matchMedia(query).addEventListener("change", () => {
    held = new Map();
    for (const watcher of watchers) watcher();
  });
}

export function ink(token) {
  if (!held.has(token)) held.set(token, getComputedStyle(document.documentElement).getPropertyValue(token).trim());
  return held.get(token);
}

/** Calls back when the theme changes, until the returned function is called. */
export function onTheme(redraw) {
  watchers.add(redraw);
  return () => watchers.delete(redraw);
}
