// Ranks stand still under the reader: order, scroll, hover and focus survive whatever comes in, until the reader asks.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { TRAVIS, figure, launch, openLive, rowsOf, still } from "./browser.mjs";
import { Instance, home, momentOf, stir, waitFor } from "./instance.mjs";

let instance, browser;
before(async () => {
  instance = await Instance.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await instance?.stop();
});

const SORTED = "/now?sort=value";

it("order and scroll stand still until R, and focus stays on its market", async () => {
  const page = await openLive(browser, instance.base, SORTED, { viewport: { width: 1400, height: 500 } });
  const order = await rowsOf(page);
  assert.equal(order.length, 25);
  const late = order[19];
  const [, county, state] = /^county:(.*), (..)$/.exec(late);
  await figure(page, late, "value").scrollIntoViewIfNeeded();
  const scroll = () => page.evaluate(() => [scrollY, document.querySelector("main .table-wrap").scrollTop]);
  const scrolled = await scroll();
  await page.locator(`main table.movers tr[data-row=${JSON.stringify(late)}] th`).focus();
  const feed = state === "NJ" || state === "CT" ? "beta" : "alpha";
  await instance.send(feed, Array.from({ length: 300 }, (_, index) => home(`${state}-dear-${index}`, { county, state, city: `${county} City`, asked: 3_000_000 + index })));
  await waitFor("the dear market", async () => Number(await figure(page, late, "value").getAttribute("value")) > 2_500_000);
  const button = page.getByRole("button", { name: /would move/ });
  await button.waitFor({ timeout: 60_000 });
  for (let second = 0; second < 30; second += 1) {
    assert.deepEqual(await rowsOf(page), order, "rows moved by themselves");
    await page.waitForTimeout(1_000); // Half a minute in which nothing may move.
  }
  assert.deepEqual(await scroll(), scrolled, "the scroll moved by itself");
  await page.keyboard.press("r");
  await waitFor("the new order", async () => (await rowsOf(page))[0] === late);
  await button.waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.closest("tr")?.dataset.row), late, "the focus is elsewhere");
  const { rows } = await instance.json("/now.json?sort=value");
  assert.deepEqual(await rowsOf(page), rows.map((row) => row.market));
  await page.context().close();
});

it("the row under the pointer stays under it, and a click opens it", async () => {
  const page = await openLive(browser, instance.base, "/now?in=TX&sort=value");
  const fifth = (await rowsOf(page))[4];
  const row = page.locator(`main table.movers tr[data-row=${JSON.stringify(fifth)}]`);
  const link = row.locator("a").first();
  await link.scrollIntoViewIfNeeded();
  const box = await link.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const stop = instance.pour("alpha", 10_000, stir);
  await page.waitForTimeout(10_000); // The load itself, for a stated time.
  const now = await link.boundingBox();
  await page.mouse.down();
  await page.mouse.up();
  await page.waitForURL((url) => decodeURIComponent(url.pathname) === `/market/${fifth}`);
  const sent = await stop();
  assert.ok(sent > 10_000, `only ${sent} updates were sent`);
  assert.ok(Math.abs(now.y - box.y) < 1 && Math.abs(now.x - box.x) < 1, "the row moved under the pointer");
  await page.context().close();
});

it("focus and an open sheet survive a thousand updates", async () => {
  const page = await openLive(browser, instance.base, "/now?in=TX");
  await figure(page, TRAVIS, "value").click();
  const sheet = page.locator("[role=dialog]");
  await sheet.getByRole("button", { name: "Copy curl" }).focus();
  await instance.send("alpha", Array.from({ length: 1_000 }, (_, index) => home(`TX-many-${index}`, { at: momentOf(Date.now()) })));
  await waitFor("the thousand on screen", async () => Number(await figure(page, TRAVIS, "n").getAttribute("value")) > 1_000);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Copy curl");
  await page.keyboard.press("Escape");
  await sheet.waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.closest("tr")?.dataset.row), TRAVIS, "the focus did not come back");
  await still("the rest", () => page.evaluate(() => document.activeElement.tagName), 500);
  await page.context().close();
});
