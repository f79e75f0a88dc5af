// node load.mjs ADDRESS SECONDS PAGES: opens pages of a running instance, leaves them open, and prints one line of JSON with
// what each holds early and at the end. For the benchmark `serving`; no test.
import { launch, open } from "./browser.mjs";

const EARLY_SECONDS = 60;
const began = performance.now();
const [address, seconds, count] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const elapsed = () => (performance.now() - began) / 1000;
const until = (second) => new Promise((resolve) => setTimeout(resolve, Math.max(0, second - elapsed()) * 1000));

/** Notes tasks that keep a page busy for over 50 ms; nothing that makes it draw. */
function noteTasks() {
  const tasks = (window.longTasks = { all: 0, longest_ms: 0 });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      tasks.all += 1;
      tasks.longest_ms = Math.max(tasks.longest_ms, duration);
    }
  }).observe({ entryTypes: ["longtask"] });
}

/** What a page holds behind a collection of garbage. */
async function measure(session) {
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const value = (name) => metrics.find((metric) => metric.name === name).value;
  return { second: elapsed(), heap: value("JSHeapUsedSize"), nodes: value("Nodes"), listeners: value("JSEventListeners") };
}

const { rows } = await (await fetch(new URL("/v1/markets?level=county&measure=active_count&segment=all&kind=sale&limit=1", address))).json();
const addresses = ["/now", "/market/" + encodeURIComponent(`county:${rows[0].area}`), "/feeds", "/now"];
const browser = await launch();
const opened = [];
for (let number = 0; number < count; number += 1) {
  const at = addresses[number % addresses.length];
  const page = await open(browser, address, at);
  await page.evaluate(noteTasks);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  opened.push({ at, page, session });
}
await until(Math.min(EARLY_SECONDS, seconds / 2));
for (const one of opened) one.early = await measure(one.session);
await until(seconds);
const pages = [];
for (const { at, page, session, early } of opened) {
  const tasks = await page.evaluate(() => window.longTasks);
  const state = await page.evaluate(() => document.querySelector(".state")?.dataset.state ?? "none");
  pages.push({ address: at, state, early, end: await measure(session), tasks, faults: page.faults });
}
await browser.close();
console.log(JSON.stringify({ pages }));
