// Pause: nothing in the view changes, what waits is counted, exports are the frozen screen, and resuming shows the present.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, it } from "node:test";
import { TRAVIS, figure, inState, launch, openLive, still } from "./browser.mjs";
import { Instance, stir, waitFor } from "./instance.mjs";

let instance, browser;
before(async () => {
  instance = await Instance.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await instance?.stop();
});

const shown = (page) => page.locator("main table.movers tbody tr").evaluateAll((rows) => rows.map((row) => [row.dataset.row, row.querySelector('[data-column="value"] data').value, row.querySelector('[data-column="n"] data').value]));

it("stands still while 10,000 updates a second come in", async () => {
  const page = await openLive(browser, instance.base, "/now?in=TX&sort=name");
  await page.keyboard.press("p");
  await inState(page, "paused");
  assert.equal(new URL(page.url()).searchParams.get("live"), "0");
  const { value: text } = await still("the view", () => page.locator("main").innerText());
  const frozen = await shown(page);
  await page.evaluate(() => {
    window.changes = [];
    new MutationObserver((records) => records.forEach((record) => window.changes.push(record.target.parentElement?.outerHTML.slice(0, 200)))).observe(document.querySelector("main"), { childList: true, characterData: true, subtree: true });
  });
  const waiting = page.locator('[data-num="page|waiting"]');
  const stop = instance.pour("alpha", 10_000, stir);
  const counts = [];
  for (let turn = 0; turn < 7; turn += 1) {
    const least = counts.at(-1) ?? 0;
    counts.push(await waitFor("more to wait", async () => { const now = Number(await waiting.getAttribute("value")); return now > least && now; }));
    await page.waitForTimeout(1_500); // The load itself, for a stated time.
  }
  await stop();
  assert.equal(await page.locator("main").innerText(), text);
  assert.deepEqual(await page.evaluate(() => window.changes), []);

  const download = page.waitForEvent("download");
  await page.keyboard.press("d");
  const csv = readFileSync(await (await download).path(), "utf8").trim().split(/\r?\n/);
  assert.deepEqual(csv.slice(1).map((line) => /^"?([^"]*?)"?,([\d.]+),/.exec(line).slice(1, 3)), frozen.map(([market, value]) => [market, value]));

  // Explain answers as of the frozen moment.
  await figure(page, TRAVIS, "value").click();
  const headline = page.locator("[role=dialog] .headline data").first();
  await headline.waitFor();
  assert.equal(Number(await headline.getAttribute("value")), Number(frozen.find(([market]) => market === TRAVIS)[1]));
  await page.keyboard.press("Escape");

  await page.keyboard.press("p");
  await inState(page, "live");
  await waitFor("the present on screen", async () => {
    const { rows } = await instance.json("/now.json?in=TX&sort=name&limit=100");
    const now = new Map((await shown(page)).map(([market, value, n]) => [market, [Number(value), Number(n)]]));
    return rows.filter((row) => now.has(row.market)).length >= 12 && rows.every((row) => !now.has(row.market) || (now.get(row.market)[0] === Number(row.value) && now.get(row.market)[1] === row.n));
  });
  assert.notDeepEqual(await shown(page), frozen);
  await page.context().close();
});
