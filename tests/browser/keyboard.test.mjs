// Keyboard only, large text, and forced colours: everything can be reached, seen and read.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, it } from "node:test";
import { PHONE, TRAVIS, VIEWS, figure, inState, launch, openLive, shotPath, sideways } from "./browser.mjs";
import { Instance, waitFor } from "./instance.mjs";

let instance, browser;
before(async () => {
  instance = await Instance.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await instance?.stop();
});

const focused = (page) => page.evaluate(() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  return { tag: element.tagName, name: element.getAttribute("aria-label") || element.textContent.trim().slice(0, 40), row: element.closest("tr")?.dataset.row, column: element.dataset.column, in_table: Boolean(element.closest("table.grid")), outline: parseFloat(style.outlineWidth) || 0, outlined: style.outlineStyle !== "none", shadow: style.boxShadow, seen: box.width > 0 && box.height > 0, body: element === document.body };
});

for (const [view, address] of Object.entries(VIEWS)) {
  it(`${view}: Tab reaches every control in order, and the ring is seen`, async () => {
    const page = await openLive(browser, instance.base, address);
    const wanted = await page.evaluate(() => [...document.querySelectorAll("a[href], button, input, select, [tabindex='0']")].filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility() && !one.closest("[hidden]")).length);
    const stops = [];
    for (let step = 0; step < wanted + 20; step += 1) {
      await page.keyboard.press("Tab");
      const stop = await focused(page);
      if (stop.body) break;
      stops.push(stop);
    }
    assert.ok(stops.length >= Math.floor(wanted * 0.9), `${stops.length} stops of ${wanted} controls: ${stops.map((stop) => stop.name).join(" | ")}`);
    const unseen = stops.filter((stop) => stop.seen && !(stop.outlined && stop.outline >= 2) && stop.shadow === "none");
    assert.deepEqual(unseen.map((stop) => `${stop.tag} ${stop.name}`), [], "no ring is seen on these");
    if (view !== "market") assert.ok(stops.filter((stop) => stop.in_table).length <= 2, "a table has more than one stop");
    await page.context().close();
  });
}

it("arrows move in the table; Enter opens; Escape closes and gives the focus back", async () => {
  const page = await openLive(browser, instance.base, "/now?in=TX&sort=name");
  await page.locator(`main tr[data-row=${JSON.stringify(TRAVIS)}] th`).focus();
  await page.keyboard.press("ArrowRight");
  assert.deepEqual([(await focused(page)).row, (await focused(page)).column], [TRAVIS, "value"]);
  await page.keyboard.press("ArrowUp");
  assert.notEqual((await focused(page)).row, TRAVIS);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("e");
  await page.locator("[role=dialog]").waitFor();
  await waitFor("the focus in the sheet", () => page.evaluate(() => Boolean(document.activeElement.closest("[role=dialog]"))));
  await page.keyboard.press("Escape");
  await page.locator("[role=dialog]").waitFor({ state: "detached" });
  assert.deepEqual([(await focused(page)).row, (await focused(page)).column], [TRAVIS, "value"]);
  await page.keyboard.press("Home");
  assert.equal((await focused(page)).column, "name");
  await page.keyboard.press("End");
  assert.equal((await focused(page)).column, "status");
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => decodeURIComponent(url.pathname) === `/market/${TRAVIS}`);
  await page.context().close();
});

it("single keys do what the help says", async () => {
  const page = await openLive(browser, instance.base, "/now?in=TX");
  await page.keyboard.press("3");
  await page.waitForURL((url) => url.pathname === "/feeds");
  await page.keyboard.press("1");
  await page.waitForURL((url) => url.pathname === "/now");
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "find");
  await page.keyboard.type("bergen");
  await page.locator("[role=listbox] [role=option]").first().waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => decodeURIComponent(url.pathname).includes("Bergen, NJ"));
  await page.keyboard.press("[");
  await inState(page, "asof");
  await page.keyboard.press("0");
  await inState(page, "live");
  await page.context().close();
});

it("shortcuts can be switched off, and stay off", async () => {
  const page = await openLive(browser, instance.base, "/now?in=TX");
  await page.keyboard.press("?");
  await page.getByLabel("Single-key shortcuts").uncheck();
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  for (const key of ["p", "3", "e", "?"]) await page.keyboard.press(key);
  assert.equal(await page.locator("[role=dialog], dialog[open]").count(), 0);
  assert.equal(new URL(page.url()).pathname + new URL(page.url()).search, "/now?in=TX");
  await page.reload();
  await inState(page, "live");
  await page.keyboard.press("p");
  assert.equal(await page.locator(".state").getAttribute("data-state"), "live");
  await page.context().close();
});

it("200 % zoom and wide text spacing lose nothing", async () => {
  for (const [view, address] of Object.entries(VIEWS)) {
    // A window of 1280 px at 200 % is one of 640.
    const page = await openLive(browser, instance.base, address, { viewport: { width: 640, height: 450 }, bypassCSP: true });
    await page.addStyleTag({ content: "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }" });
    assert.ok((await sideways(page)) <= 0, `${view} scrolls sideways by ${await sideways(page)} px`);
    const cut = await page.evaluate(() => [...document.querySelectorAll("button, h1, h2, .state, .ledger, .tally, select")].filter((one) => one.checkVisibility() && !one.closest(".sr") && getComputedStyle(one).overflow !== "visible" && one.scrollHeight > one.clientHeight + 2 && one.clientHeight > 0).map((one) => `${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 40)}`));
    assert.deepEqual(cut, [], view);
    await page.context().close();
  }
});

it("forced colours are readable", async () => {
  for (const [view, address] of Object.entries(VIEWS)) {
    const page = await openLive(browser, instance.base, address, { forcedColors: "active" });
    writeFileSync(shotPath(`forced-colours-${view}`), await page.screenshot());
    const { text, ground, words } = await page.evaluate(() => ({ text: getComputedStyle(document.querySelector("main")).color, ground: [document.body, document.documentElement].map((one) => getComputedStyle(one).backgroundColor).find((colour) => colour !== "rgba(0, 0, 0, 0)"), words: document.querySelector(".state-word").textContent }));
    assert.notEqual(text, ground);
    assert.equal(words.trim(), "LIVE");
    await page.context().close();
  }
});

it("controls are large enough to touch on a phone", async () => {
  for (const address of Object.values(VIEWS)) {
    const page = await openLive(browser, instance.base, address, { viewport: PHONE, hasTouch: true });
    const small = await page.evaluate(() => [...document.querySelectorAll("button, select, nav a, input:not([type=checkbox])")].filter((one) => one.checkVisibility() && one.getBoundingClientRect().height > 0 && one.getBoundingClientRect().height < 24).map((one) => `${one.tagName}.${one.className} ${one.textContent.trim().slice(0, 30)} ${Math.round(one.getBoundingClientRect().height)} px`));
    assert.deepEqual(small, [], address);
    await page.context().close();
  }
});

it("values are no live regions: one status speaks", async () => {
  const page = await openLive(browser, instance.base, "/now?in=TX");
  assert.equal(await page.locator("[role=status]").count(), 1);
  assert.equal(await figure(page, TRAVIS, "value").evaluate((element) => Boolean(element.closest("[aria-live]:not([aria-live=off]), [role=status], [role=alert]"))), false);
  assert.equal(await page.locator("main table.movers").getAttribute("role"), "grid");
  await page.context().close();
});
