// The address is the state: opened fresh it shows the same, back and forward restore, and nonsense ends in a message and the default.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { TRAVIS, figure, inState, launch, marketPath, open, openLive, rowsOf } from "./browser.mjs";
import { Instance, momentOf, waitFor } from "./instance.mjs";

let instance, browser;
before(async () => {
  instance = await Instance.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await instance?.stop();
});

const past = momentOf(Date.now() - 30 * 86_400_000).slice(0, 10);
const STATES = [
  "/now?m=active_count", "/now?w=30d", "/now?w=365d&sort=change", "/now?g=state&n=10", "/now?in=TX&sort=name", "/now?type=type%3Acondo&n=1",
  "/now?n=1&sort=n", "/now?m=price_cut_share&w=90d", `/now?asof=${past}`, `/now?asof=${past}&in=NJ&sort=value`, "/now?g=zip&n=1&sort=value",
  "/now?kind=lease&n=1", marketPath(TRAVIS), marketPath(TRAVIS) + "?m=median_close_price&w=90d", marketPath("county:Bergen, NJ") + "?kind=lease",
  marketPath("state:TX"), marketPath('county:=O\'Brien & "100%" /St. John, TX'), "/feeds", "/feeds?feed=alpha",
];

const picture = (page) => page.evaluate(() => ({
  title: document.title,
  rows: [...document.querySelectorAll("main table.movers tbody tr, main table.readings tbody tr")].filter((row) => !row.hidden).map((row) => [row.dataset.row, [...row.querySelectorAll("data")].map((data) => data.value).join(" ")]),
  sort: document.querySelector("main th[aria-sort=ascending], main th[aria-sort=descending]")?.dataset.column,
  sheet: document.querySelector("[role=dialog] .headline")?.textContent,
}));

it("a link opened fresh shows the same rows, sort and title", async () => {
  for (const address of STATES) {
    const first = await open(browser, instance.base, address);
    await inState(first, "live", "asof");
    await first.waitForSelector("main table.grid tbody tr, main .empty", { state: "attached" });
    assert.equal(await first.locator("main [role=alert]").count(), 0, `${address}: ${await first.locator("main [role=alert]").allInnerTexts()}`);
    const copied = first.url();
    const second = await open(browser, instance.base, copied);
    await inState(second, "live", "asof");
    await second.waitForSelector("main table.grid tbody tr, main .empty", { state: "attached" });
    assert.deepEqual(await picture(second), await picture(first), address);
    assert.deepEqual(first.faults, [], address);
    await first.context().close();
    await second.context().close();
  }
});

it("the sheet is part of the link", async () => {
  const page = await openLive(browser, instance.base, "/now?in=TX");
  await figure(page, TRAVIS, "value").click();
  await page.locator("[role=dialog] .headline data").waitFor();
  const again = await openLive(browser, instance.base, page.url());
  await again.locator("[role=dialog] .headline data").waitFor();
  assert.equal((await picture(again)).sheet, (await picture(page)).sheet);
});

it("a link as of a moment gives the same bytes of CSV each time", async () => {
  const moment = momentOf(Date.now() - 86_400_000).replace(/\.\d+Z/, "Z");
  const read = async () => (await instance.get(`/now.csv?in=TX&asof=${moment}`)).text();
  const first = await read();
  const lines = first.trim().split("\n").length;
  assert.ok(lines > 12, `${lines} lines`);
  assert.equal(await read(), first);
});

it("back and forward restore view and sort", async () => {
  const page = await openLive(browser, instance.base, "/now?in=TX");
  const order = await rowsOf(page);
  await page.locator('main table.movers th[data-column="name"] button').click();
  await page.waitForURL((url) => url.searchParams.get("sort") === "name");
  const byName = [...order].sort();
  await waitFor("the order by name", async () => (await rowsOf(page)).join() === byName.join());
  await page.locator(`main tr[data-row=${JSON.stringify(TRAVIS)}] a`).click();
  await page.waitForURL((url) => url.pathname.startsWith("/market/"));
  await page.locator("main .headline data").first().waitFor();
  await page.goBack();
  await waitFor("the order by name again", async () => (await rowsOf(page)).join() === byName.join());
  await page.goBack();
  await waitFor("the first order", async () => (await rowsOf(page)).join() === order.join());
  await page.goForward();
  await page.goForward();
  await page.locator("main .headline data").first().waitFor();
  assert.equal(decodeURIComponent(new URL(page.url()).pathname), `/market/${TRAVIS}`);
  await page.context().close();
});

it("nonsense in an address is said, and the page is still a page", async () => {
  for (const query of ["m=nope", "w=5d", "g=zap", "n=-1", "sort=color", "asof=never", "foo=1", "in=%3Cscript%3Ealert(1)%3C/script%3E", "live=2", "x=nothing"]) {
    const page = await open(browser, instance.base, `/now?${query}`);
    if (query !== "x=nothing") await page.locator("main [role=alert]").first().waitFor();
    await page.locator("nav[aria-label=Views] a").first().waitFor();
    assert.ok((await page.locator("main").innerText()).length > 20, query);
    assert.deepEqual(page.faults.filter((fault) => !/status of 400/.test(fault)), [], query);
    await page.context().close();
  }
});

it("/ leads to Now", async () => {
  const page = await open(browser, instance.base, "/");
  await page.locator("main table.movers tbody tr").first().waitFor();
  await page.context().close();
});
