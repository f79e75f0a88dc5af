// When something is wrong, the page says so: a server that is gone, beats that stop, a feed that falls silent, books that do not balance.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { after, before, it } from "node:test";
import { TRAVIS, VIEWS, figure, inState, launch, marketPath, openLive, shotPath } from "./browser.mjs";
import { Instance, binary, home, momentOf, waitFor } from "./instance.mjs";
import { Proxy } from "./proxy.mjs";

let instance, browser, proxy;
before(async () => {
  instance = await Instance.start();
  proxy = await Proxy.start(instance);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await proxy?.stop();
  await instance?.stop();
});

const n = async (page, market = TRAVIS) => Number(await figure(page, market, "n").getAttribute("value"));

it("a server that is gone: OFFLINE, numbers greyed with their age; back: LIVE without a reload", async () => {
  const page = await openLive(browser, instance.base, "/now?in=TX");
  await page.evaluate(() => (window.kept = true));
  const before = await n(page);
  await instance.kill();
  await inState(page, "offline", "stale");
  await page.waitForFunction(() => document.querySelector("main tr.aged, main .aged"));
  assert.equal(await n(page), before, "the last number is gone");
  const row = page.locator(`main table.movers tr[data-row=${JSON.stringify(TRAVIS)}]`);
  assert.match(await row.locator('[data-column="status"]').innerText(), /▲ .* old/);
  assert.equal(await figure(page, TRAVIS, "value").evaluate((element) => getComputedStyle(element).fontStyle), "italic");
  assert.ok(page.faults.every((fault) => fault.startsWith("console: Failed to load resource") || /ERR_CONNECTION|net::/.test(fault)), page.faults.join("\n"));
  // What came while it was down is there afterwards, once.
  await instance.append("alpha", [home("TX-while-down", { at: momentOf(Date.now()) })]);
  await instance.run();
  await inState(page, "live");
  await waitFor("what came meanwhile", async () => (await n(page)) === before + 1);
  assert.equal(await page.evaluate(() => window.kept), true, "the page was loaded anew");
  await page.waitForFunction(() => !document.querySelector("main .aged"));
  await page.context().close();
});

it("a cut connection is taken up again without a gap and without an event twice", async () => {
  const page = await openLive(browser, proxy.base, "/now?in=TX");
  const before = await n(page);
  await proxy.cut();
  await instance.send("alpha", Array.from({ length: 5 }, (_, index) => home(`TX-cut-${index}`)));
  await inState(page, "offline", "lagging", "stale");
  await proxy.mend();
  await inState(page, "live");
  await waitFor("the five that came meanwhile", async () => (await n(page)) === before + 5);
  const events = await page.locator("main .events li").allInnerTexts();
  assert.equal(new Set(events).size, events.length, "an event is there twice");
  await page.context().close();
});

it("beats that stop while the stream stays open are noticed", async () => {
  const page = await openLive(browser, proxy.base, "/now?in=TX");
  proxy.holdBeats = true;
  try {
    await inState(page, "lagging", "stale", "offline");
    proxy.holdAll = true;
    await inState(page, "stale", "offline");
    await page.waitForFunction(() => document.querySelector("main .aged"));
    writeFileSync(shotPath("stale"), await page.screenshot());
  } finally {
    proxy.holdBeats = proxy.holdAll = false;
  }
  await inState(page, "live");
  await page.context().close();
});

it("a wrong count turns the trust strip on every view", async () => {
  proxy.offBy = 12;
  try {
    for (const address of Object.values(VIEWS)) {
      const page = await openLive(browser, proxy.base, address);
      await waitFor("the imbalance", async () => (await page.locator(".trust").getAttribute("data-balanced")) === "no");
      assert.match(await page.locator(".trust .balance").innerText(), /✕ off by 12/, address);
      if (address === "/feeds") {
        assert.equal(await page.locator("main table.feeds tbody tr").first().getAttribute("data-row"), "alpha", "what does not balance comes first");
        assert.match(await page.locator('main tr[data-row="alpha"] [data-column="balance"]').innerText(), /✕ off by 12/);
      }
      await page.context().close();
    }
    // A page that is open already is told by the stream.
    proxy.offBy = 0;
    const page = await openLive(browser, proxy.base, "/now");
    await waitFor("balanced books", async () => (await page.locator(".trust").getAttribute("data-balanced")) === "yes");
    proxy.offBy = 7;
    await instance.send("alpha", [home("TX-tick")]);
    await waitFor("the imbalance", async () => /✕ off by 7/.test(await page.locator(".trust .balance").innerText()));
    await page.context().close();
  } finally {
    proxy.offBy = 0;
  }
});

it("one silent feed: only numbers that use it turn stale", async (context) => {
  const schema = spawnSync(binary(), ["config", "schema"], { encoding: "utf8" }).stdout;
  if (!schema.includes("stale_after")) return context.skip("this binary has no stale_after to shorten");
  const short = await Instance.start({ feedMore: 'stale_after = "6s"' });
  let number = 0;
  const stop = short.pour("alpha", 5, () => home(`TX-alive-${(number += 1)}`, { county: "Harris", city: "Harris City", zip: "77001" }));
  try {
    const page = await openLive(browser, short.base, "/now?sort=name");
    const bergen = page.locator('main table.movers tr[data-row="county:Bergen, NJ"]');
    const benton = page.locator('main table.movers tr[data-row="county:Benton, AR"]');
    await waitFor("the silent feed on its numbers", async () => (await bergen.getAttribute("class"))?.includes("aged"));
    assert.match(await bergen.locator('[data-column="status"]').innerText(), /old/);
    assert.ok(!(await benton.getAttribute("class"))?.includes("aged"), "a number of another feed is stale, too");
    await page.goto("/feeds");
    await waitFor("STALE on Feeds", async () => /STALE/.test(await page.locator('main tr[data-row="beta"] [data-column="state"]').innerText()));
    assert.match(await page.locator('main tr[data-row="alpha"] [data-column="state"]').innerText(), /LIVE/);
    await page.context().close();
  } finally {
    await stop();
    await short.stop();
  }
  return undefined;
});

it("a market that is not there, and one question that fails", async () => {
  const page = await openLive(browser, proxy.base, marketPath(TRAVIS));
  await page.goto(marketPath("county:Nowhere, ZZ"));
  await page.getByRole("alert").first().waitFor();
  assert.ok((await page.locator("main").innerText()).length > 20);
  proxy.broken.add("/distribution");
  try {
    await page.goto(marketPath(TRAVIS));
    await page.locator("main .headline data").first().waitFor();
    await page.locator("main table.homes tbody tr").first().waitFor();
    assert.match(await page.locator("main").innerText(), /Flows/);
  } finally {
    proxy.broken.clear();
  }
  await page.context().close();
});
