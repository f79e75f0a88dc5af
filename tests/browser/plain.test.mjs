// What there is without scripts, and that nothing is asked of anybody else: first paint in HTML, own origin only, no errors.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { TRAVIS, VIEWS, figure, format, inState, launch, marketPath, open, openLive } from "./browser.mjs";
import { Instance } from "./instance.mjs";

let instance, browser;
before(async () => {
  instance = await Instance.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await instance?.stop();
});

it("Now lists 25 markets with value, n and day without scripts", async () => {
  const { rows } = await instance.json("/now.json");
  assert.equal(rows.length, 25);
  const page = await open(browser, instance.base, "/now", { javaScriptEnabled: false });
  const shown = await page.locator("main table.movers tbody tr").count();
  assert.equal(shown, 25);
  for (const row of rows) {
    for (const [column, unit, value] of [["value", row.unit, row.value], ["delta", row.delta_unit, row.delta], ["usual", "times", row.usual], ["n", "count", row.n]]) {
      const text = await figure(page, row.market, column).evaluate((element) => element.firstChild.nodeValue.trim());
      assert.equal(text, format(value, unit), `${row.market} ${column}`);
    }
  }
  assert.match(await page.locator(".trust").innerText(), /received\s+[\d,]+\s*=\s*accepted/);
  assert.ok(await page.locator(".bar time").getAttribute("datetime"));
});

it("Market and Feeds say their numbers without scripts", async () => {
  const page = await open(browser, instance.base, marketPath(TRAVIS), { javaScriptEnabled: false });
  const { headline, readings } = await instance.json(marketPath(TRAVIS) + ".json");
  assert.match(await page.locator("main .headline").innerText(), new RegExp(format(headline.value, headline.unit, "full").replace(/[$]/g, "\\$")));
  assert.equal(await page.locator("main table.readings tbody tr").count(), readings.length);
  await page.goto("/feeds");
  assert.equal(await page.locator("main table.feeds tbody tr").count(), 3);
});

it("links lead on without scripts", async () => {
  const page = await open(browser, instance.base, "/now?in=TX", { javaScriptEnabled: false });
  await page.getByRole("link", { name: "Travis, TX" }).click();
  await page.waitForURL((url) => url.pathname === marketPath(TRAVIS));
  await page.goto("/now?in=TX");
  await page.locator('thead th[data-column="name"] a').click();
  await page.waitForURL((url) => url.searchParams.get("sort") === "name" && url.searchParams.get("in") === "TX");
});

it("scripts change no number of the first paint", async () => {
  const plain = await open(browser, instance.base, "/now", { javaScriptEnabled: false });
  const read = (page) => page.locator("main table.movers tbody tr").evaluateAll((rows) => rows.map((row) => [row.dataset.row, ...[...row.querySelectorAll("data")].map((data) => [data.dataset.num, data.value, data.firstChild.nodeValue])]));
  const scripted = await openLive(browser, instance.base, "/now");
  assert.deepEqual(await read(scripted), await read(plain));
});

it("no errors, and no request leaves the origin", async () => {
  for (const address of Object.values(VIEWS)) {
    const page = await openLive(browser, instance.base, address);
    await page.keyboard.press("e");
    await page.locator("[role=dialog], dialog[open]").waitFor();
    await page.keyboard.press("Escape");
    assert.deepEqual(page.faults, [], address);
    assert.match((await page.answered.allHeaders())["content-security-policy"], /default-src 'self'/);
    await page.context().close();
  }
});

it("the boot data is the twin of the address", async () => {
  for (const address of Object.values(VIEWS)) {
    const page = await open(browser, instance.base, address, { javaScriptEnabled: false });
    const boot = JSON.parse(await page.locator("#boot").textContent());
    const twin = await instance.json(address + ".json");
    // Ages and rates count on between the two questions.
    const withoutClocks = (rows) => rows.map((row) => ({ ...row, silent_seconds: null, rate: null, lag_ms: null, lag_p50_ms: null, lag_p99_ms: null }));
    assert.deepEqual(withoutClocks(boot.rows ?? boot.readings), withoutClocks(twin.rows ?? twin.readings), address);
    assert.equal(boot.instance.version, (await instance.json("/v1/instance")).version);
    assert.ok(boot.ledger.received > 0);
    await page.context().close();
  }
});

it("prints how fast it was", async () => {
  // Figures for people: budgets are not asserted on machines that others load.
  const page = await openLive(browser, instance.base, "/now");
  await inState(page, "live");
  const times = await page.evaluate(() => {
    const [navigation] = performance.getEntriesByType("navigation");
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    return { first_paint_ms: Math.round(paint?.startTime ?? -1), interactive_ms: Math.round(navigation.domInteractive), html_bytes: navigation.encodedBodySize, transferred: performance.getEntriesByType("resource").reduce((sum, one) => sum + one.encodedBodySize, 0) };
  });
  console.log("page load:", JSON.stringify(times));
});
