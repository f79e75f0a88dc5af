// Live numbers: a change comes to the screen, is tinted once, and at 10,000 updates a second the screen ends where the API is.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { TRAVIS, figure, format, launch, openLive, still } from "./browser.mjs";
import { Instance, home, stir, waitFor } from "./instance.mjs";

const POUR_SECONDS = 60;

let instance, browser;
before(async () => {
  instance = await Instance.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await instance?.stop();
});

const textOf = (locator) => locator.evaluate((element) => element.firstChild.nodeValue.trim());

/** Notes when the text and the tint of a figure change, by the page's clock. */
function watch(locator) {
  return locator.evaluate((element) => {
    window.noted = [];
    let tinted = element.classList.contains("changed");
    new MutationObserver((records) => {
      const now = performance.now();
      if (records.some((record) => record.type !== "attributes")) window.noted.push({ what: "text", at: now, text: element.firstChild.nodeValue });
      if (element.classList.contains("changed") !== tinted) {
        tinted = !tinted;
        window.noted.push({ what: tinted ? "tint" : "plain", at: now, animation: getComputedStyle(element).animationName, transition: getComputedStyle(element).transitionDuration });
      }
    }).observe(element, { attributes: true, attributeFilter: ["class"], childList: true, characterData: true, subtree: true });
  });
}

it("a known change is shown, and tinted once", async () => {
  const page = await openLive(browser, instance.base, "/now?in=TX");
  const n = figure(page, TRAVIS, "n");
  const before = Number((await n.getAttribute("value")));
  await watch(n);
  const sent = performance.now();
  await instance.append("alpha", [home("TX-known-1")]);
  await waitFor("the new count", async () => (await textOf(n)) === format(before + 1, "count"));
  console.log(`from file to screen: ${Math.round(performance.now() - sent)} ms, reading of the file included`);
  await waitFor("the tint to go", async () => page.evaluate(() => window.noted.some((one) => one.what === "plain")), 10_000);
  const noted = await page.evaluate(() => window.noted);
  assert.deepEqual(noted.filter((one) => one.what !== "text").map((one) => one.what), ["tint", "plain"]);
  assert.equal(noted.filter((one) => one.what === "text").length, 1);
  const [tint, plain] = noted.filter((one) => one.what !== "text");
  console.log(`tinted for ${Math.round(plain.at - tint.at)} ms`);
  assert.ok(plain.at - tint.at < 6_000, "the tint stays");
  await page.context().close();
});

it("a change below what is printed is not tinted", async () => {
  const page = await openLive(browser, instance.base, "/now?in=TX");
  // Many homes at one price make the median that price; a dollar more is no other text.
  await instance.send("alpha", Array.from({ length: 400 }, (_, index) => home(`TX-flat-${index}`, { county: "Collin", city: "Collin City", zip: "75001", asked: 505_000 })));
  const value = figure(page, "county:Collin, TX", "value");
  await waitFor("the price of the many", async () => (await value.getAttribute("value")) === "505000");
  await page.waitForFunction(() => !document.querySelector(".changed"));
  await still("the quiet time of a cell", () => page.evaluate(() => document.querySelectorAll(".changed").length), 3_500);
  await watch(value);
  await instance.send("alpha", Array.from({ length: 400 }, (_, index) => home(`TX-flat-${index}`, { county: "Collin", city: "Collin City", zip: "75001", asked: 505_001, at: new Date(Date.now() + 5).toISOString() })));
  await waitFor("the dollar more", async () => (await value.getAttribute("value")) === "505001");
  assert.deepEqual(await page.evaluate(() => window.noted.filter((one) => one.what === "tint")), []);
  assert.equal(await textOf(value), format(505_001, "USD"));
  await page.context().close();
});

it("with reduced motion nothing moves: a mark that stays for a while", async () => {
  const page = await openLive(browser, instance.base, "/now?in=TX", { reducedMotion: "reduce" });
  const n = figure(page, "county:Harris, TX", "n");
  await watch(n);
  await instance.append("alpha", [home("TX-calm-1", { county: "Harris", city: "Harris City", zip: "77001" })]);
  await waitFor("the mark to go", async () => page.evaluate(() => window.noted.some((one) => one.what === "plain")), 15_000);
  const noted = await page.evaluate(() => window.noted.filter((one) => one.what !== "text"));
  assert.equal(noted[0].animation, "none");
  assert.match(noted[0].transition, /^0s/);
  console.log(`marked for ${Math.round(noted[1].at - noted[0].at)} ms`);
  assert.ok(noted[1].at - noted[0].at > 2_500, "the mark is gone before one has looked");
  assert.deepEqual(await page.evaluate(() => document.getAnimations().filter((one) => one.playState === "running").length), 0);
  await page.context().close();
});

it("10,000 updates a second: few writes, and in the end what the API says", async () => {
  const page = await openLive(browser, instance.base, "/now?in=TX");
  // A value held before may be released by what is poured in, and the other way round: such rows are in the books, too.
  const inTheBooks = async () => {
    const { accepted, held } = await instance.ledger("alpha");
    return accepted + held;
  };
  const before = await inTheBooks();
  await page.evaluate(() => {
    window.writes = {};
    window.long = [];
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => window.long.push(Math.round(entry.duration)))).observe({ entryTypes: ["longtask"] });
    new MutationObserver((records) => {
      const moments = new Map();
      for (const record of records) {
        const row = record.target.parentElement?.closest("tbody tr") || record.target.closest?.("tbody tr");
        const cell = record.target.nodeType === 1 ? record.target.closest("td, th") : record.target.parentElement?.closest("td, th");
        if (row && cell) moments.set(row.dataset.row, performance.now());
      }
      for (const [key, at] of moments) (window.writes[key] ||= []).push(at);
    }).observe(document.querySelector("main table.movers tbody"), { childList: true, characterData: true, subtree: true });
  });
  const stop = instance.pour("alpha", 10_000, stir);
  const began = performance.now();
  await page.waitForTimeout(POUR_SECONDS * 1_000); // The load itself, for a stated time.
  const sent = await stop();
  const poured = (performance.now() - began) / 1_000;
  await waitFor("all sent updates in the books", async () => (await inTheBooks()) >= before + sent);
  assert.equal(await inTheBooks(), before + sent);
  const { rows } = await waitFor("the screen to be where the API is", async () => {
    const said = await instance.json("/now.json?in=TX&limit=100");
    const shown = await page.locator("main table.movers tbody tr").evaluateAll((all) => all.map((row) => [row.dataset.row, row.querySelector('[data-column="value"] data').value, row.querySelector('[data-column="n"] data').value]));
    const byMarket = new Map(said.rows.map((row) => [row.market, row]));
    return shown.length >= 12 && shown.every(([market, value, n]) => Number(value) === Number(byMarket.get(market)?.value) && Number(n) === byMarket.get(market)?.n) && said;
  });
  assert.ok(rows.length >= 12);
  const { writes, long } = await page.evaluate(() => ({ writes: window.writes, long: window.long }));
  const counts = Object.values(writes).map((times) => times.length / Math.max(1, (times.at(-1) - times[0]) / 1_000));
  console.log(`${sent} updates in ${poured.toFixed(1)} s; writes a second and market at most ${Math.max(...counts).toFixed(2)}; long tasks ${long.length}, longest ${Math.max(0, ...long)} ms`);
  assert.ok(Object.keys(writes).length >= 6, `only ${Object.keys(writes).length} markets were written`);
  for (const [market, times] of Object.entries(writes)) {
    assert.ok(times.length <= 4 * ((times.at(-1) - times[0]) / 1_000) + 3, `${market}: ${times.length} writes in ${((times.at(-1) - times[0]) / 1_000).toFixed(1)} s`);
  }
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
