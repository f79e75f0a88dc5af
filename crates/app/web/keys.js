// The keys of the page. Single letters can be switched off; Escape always closes.
import { address, twin } from "./url.js";

/** Key, what it does: for the help. */
export const KEYS = [
  ["1 2 3", "views Now, Market, Feeds"], ["/", "find a market"], ["P", "pause, resume"], ["E", "explain the number in focus or under the pointer"], ["R", "re-rank"],
  ["[ ]", "step as-of one day"], ["0", "back to now"], ["C", "copy link"], ["D", "CSV of the view"], ["G", "picture (PNG) of the map or chart"],
  ["V", "market: first print against now"], ["T", "market: chart as a table"], ["?", "this help"], ["Esc", "close"],
];

function figureAt(app) {
  const focus = document.activeElement;
  const inFocus = focus?.closest?.("[data-num]") || (focus?.matches?.("th, td") && focus.querySelector("[data-num]"));
  return inFocus || (app.hovered?.isConnected && app.hovered) || (focus?.matches?.("th") && focus.parentNode.querySelector("td [data-num]")) || app.main.querySelector("tbody [data-num], .headline [data-num]") || app.main.querySelector("[data-num]");
}

export async function copyLink(app, asNow) {
  const state = asNow && !app.state.asof ? { ...app.state, asof: app.stream.beat?.clock_now || app.instance.clock_now || "", live: "1" } : app.state;
  try {
    await navigator.clipboard.writeText(location.origin + address(state));
    app.say(asNow ? "Copied: the page as you see it now" : "Copied: always the latest");
  } catch {
    app.say("This browser does not let the page copy; the address bar holds the link");
  }
}

function downloadCsv(app) {
  if (app.frozen) return app.view.exportFrozen();
  const link = document.createElement("a");
  link.href = twin(app.state, "csv");
  link.download = "";
  link.click();
}

export function listenToKeys(app) {
  document.addEventListener("pointerover", (event) => {
    app.hovered = event.target.closest?.("[data-num]") || null;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return app.close();
    if (!app.shortcuts || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input:not([type=range]):not([type=checkbox]), textarea, select")) return;
    const actions = {
      1: () => app.open("now"),
      2: () => app.anyMarket && app.open("market", { market: app.anyMarket }),
      3: () => app.open("feeds"),
      "/": () => document.getElementById("find")?.focus(),
      p: () => app.pause(),
      e: () => {
        const figure = figureAt(app);
        if (figure) app.explain(figure.dataset.num, figure);
      },
      r: () => app.view.rerank?.(),
      "[": () => app.step(-1),
      "]": () => app.step(1),
      0: () => app.asof("", false),
      c: () => app.show("copy"),
      d: () => downloadCsv(app),
      g: () => app.view.exportPicture?.(),
      v: () => app.view.firstPrint?.(),
      t: () => app.view.tableTwin?.(),
      "?": () => app.show("help"),
    };
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

