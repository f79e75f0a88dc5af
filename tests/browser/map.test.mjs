// The map of Now: the legend filters, arrow keys speak, places without a shape are chips, and without shapes the table has the width.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { figure, format, launch, openLive, rowsOf } from "./browser.mjs";
import { Instance, waitFor } from "./instance.mjs";
import { Proxy } from "./proxy.mjs";

let instance, browser;
before(async () => {
  instance = await Instance.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await instance?.stop();
});

async function mapped(address = "/now") {
  const page = await openLive(browser, instance.base, address);
  await page.locator("main .map .legend button").first().waitFor();
  return page;
}

it("a class of the legend filters the table", async () => {
  const page = await mapped("/now?w=90d&sort=change");
  const all = await rowsOf(page);
  const buttons = page.locator("main .map .legend button");
  const counts = await buttons.evaluateAll((every) => every.map((one) => Number(one.querySelector(".legend-count").textContent.replace(/,/g, ""))));
  const { all: places } = await instance.json("/now.json?w=90d");
  const chips = await page.locator("main .map .chips .chip").count();
  assert.ok(chips > 0 && chips < 5, `${chips} markets are not on the map`);
  assert.equal(counts.reduce((sum, count) => sum + count, 0), places.length - chips, "the classes do not hold every market on the map once");
  const chosen = counts.findIndex((count) => count > 0 && count < 20);
  await buttons.nth(chosen).click();
  assert.equal(await buttons.nth(chosen).getAttribute("aria-pressed"), "true");
  await waitFor("fewer rows", async () => (await rowsOf(page)).length < all.length);
  assert.ok((await rowsOf(page)).length <= counts[chosen]);
  assert.ok(new URL(page.url()).searchParams.get("cls") !== null);
  await buttons.nth(chosen).click();
  await waitFor("all rows again", async () => (await rowsOf(page)).length === all.length);
  await page.context().close();
});

it("arrow keys speak place, value and n; Enter opens the place", async () => {
  const page = await mapped();
  await page.locator("main .map canvas[tabindex='0']").focus();
  const spoken = page.locator("main .map-panel [aria-live=polite]");
  const said = new Set();
  for (const key of ["ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown"]) {
    await page.keyboard.press(key);
    const text = await waitFor("words", async () => (await spoken.textContent()).trim());
    said.add(text);
  }
  assert.ok(said.size >= 2, [...said].join(" / "));
  const { all } = await instance.json("/now.json");
  const text = await spoken.textContent();
  const place = all.find((one) => text.includes(one.area));
  assert.ok(place, `${text} names no market`);
  if (place.n >= 10) assert.ok(text.includes(format(place.value, "USD", "full")) || text.includes(format(place.value, "USD")), text);
  assert.ok(text.includes(format(place.n, "count")), text);
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => decodeURIComponent(url.pathname) === `/market/county:${place.area}`);
  await page.context().close();
});

it("a planning region of Connecticut is a chip", async () => {
  const page = await mapped();
  const chips = await page.locator("main .map .chips .chip").allInnerTexts();
  assert.ok(chips.includes("Capitol, CT"), chips.join("; "));
  assert.ok(!chips.includes("Travis, TX") && !chips.includes("Bergen, NJ"), "a county with a shape is a chip");
  await page.locator(".chip", { hasText: "Capitol, CT" }).click();
  await page.waitForURL((url) => decodeURIComponent(url.pathname) === "/market/county:Capitol, CT");
  await page.goto("/feeds");
  await page.getByText("Areas without a shape").waitFor({ timeout: 5_000 }).catch(() => {});
  await page.context().close();
});

it("row and map are linked, and only classes colour the map", async () => {
  const page = await mapped();
  const inks = () => page.locator("main .map canvas").last().evaluate((canvas) => canvas.toDataURL().length);
  const before = await inks();
  await page.locator("main table.movers tbody tr").nth(3).hover();
  await waitFor("a ring on the map", async () => (await inks()) !== before);
  await page.context().close();
});

it("without shapes the table has the full width, and says why", async () => {
  const proxy = await Proxy.start(instance);
  proxy.broken.add("/shapes/");
  try {
    const page = await openLive(browser, proxy.base, "/now");
    await page.locator("main .message", { hasText: "shapes" }).waitFor();
    const share = await page.evaluate(() => document.querySelector("main .table-wrap").clientWidth / document.querySelector("main").clientWidth);
    assert.ok(share > 0.9, `the table has ${Math.round(share * 100)} % of the width`);
    assert.equal((await rowsOf(page)).length, 25);
    await page.context().close();
  } finally {
    await proxy.stop();
  }
});

it("too few homes are neither coloured nor ranked", async () => {
  const page = await openLive(browser, instance.base, "/now?n=1&sort=name&in=TX");
  const { rows } = await instance.json("/now.json?n=1&sort=name&in=TX");
  for (const row of rows.filter((one) => one.n < 30)) {
    const line = page.locator(`main table.movers tr[data-row=${JSON.stringify(row.market)}]`);
    assert.match(await line.locator('[data-column="status"]').innerText(), row.n < 10 ? /too few/ : /few/, row.market);
    assert.match(await figure(page, row.market, "value").getAttribute("class"), /few/);
  }
  assert.ok(rows.some((row) => row.n < 10) && rows.some((row) => row.n >= 10 && row.n < 30));
  const usual = await rowsOf(await openLive(browser, instance.base, "/now"));
  assert.ok(!usual.includes("county:Loving, TX"));
  await page.context().close();
});

it("the map fits the states that have markets, and goes nearer, farther and back", async () => {
  const page = await mapped("/now?in=TX");
  const whole = page.getByRole("button", { name: "The whole map" });
  const nearer = page.getByRole("button", { name: "Nearer" });
  await waitFor("a map of Texas alone", async () => !(await whole.isDisabled()));
  // Near the middle of Texas lies a county of Texas.
  const box = await page.locator("main .map-frame").boundingBox();
  const tip = page.locator("main .map-tip");
  await waitFor("a county under the pointer", async () => {
    for (let step = 0; step < 20; step += 1) {
      await page.mouse.move(box.x + box.width * (0.4 + 0.015 * step), box.y + box.height * 0.6);
      if ((await tip.isVisible()) && /, TX/.test(await tip.textContent())) return true;
    }
    return false;
  });
  await whole.click();
  assert.ok(await whole.isDisabled());
  const picture = () => page.locator("main .map canvas").last().evaluate((canvas) => canvas.toDataURL());
  const all = await picture();
  await nearer.click();
  assert.notEqual(await picture(), all);
  await page.getByRole("button", { name: "Farther" }).click();
  assert.ok(await whole.isDisabled());
  assert.equal(await picture(), all);
  await page.context().close();
});
