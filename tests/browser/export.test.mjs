// Exports: CSV that others can read and no spreadsheet runs, and pictures that carry what they are.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, it } from "node:test";
import { TRAVIS, figure, inState, launch, marketPath, openLive } from "./browser.mjs";
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

/** Rows of CSV by RFC 4180; fails on what is not. */
function parsed(text) {
  const rows = [[]];
  let place = 0;
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  while (place < text.length) {
    cell.lastIndex = place;
    const found = cell.exec(text);
    assert.ok(found, `no CSV at ${place}: ${text.slice(place, place + 80)}`);
    rows.at(-1).push(found[1]?.replaceAll('""', '"') ?? found[2]);
    place = cell.lastIndex;
    if (found[3] !== "," && place < text.length) rows.push([]);
  }
  for (const row of rows) assert.equal(row.length, rows[0].length, `a row of ${row.length} cells: ${row}`);
  return rows;
}

async function downloaded(page, act) {
  const [download] = await Promise.all([page.waitForEvent("download"), act()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

for (const address of ["/now?in=TX", "/now?n=1&in=TX", marketPath(TRAVIS), "/feeds"]) {
  it(`the CSV of ${address}`, async () => {
    const page = await openLive(browser, instance.base, address);
    const { bytes } = await downloaded(page, () => page.keyboard.press("d"));
    const [header, ...rows] = parsed(bytes.toString("utf8"));
    assert.ok(rows.length > 0);
    for (const row of rows) {
      row.forEach((text, index) => {
        assert.ok(!/^[=+\-@]/.test(text) || /^-?\d+(\.\d+)?(e-?\d+)?$/i.test(text), `a spreadsheet would run ${text} (${header[index]})`);
        if (/^\d{4}-\d\d-\d\dT/.test(text)) assert.match(text, /Z$/);
      });
    }
    const hidden = page.locator('[data-num="now|hidden"]');
    if (address === "/feeds") assert.equal(rows.length, await page.locator("main table.feeds tbody tr").count());
    if (address.startsWith("/now?in")) assert.equal(rows.length, await page.locator("main table.movers tbody tr").count(), `hidden: ${await hidden.count()}`);
    if (address.startsWith("/now?n=1")) assert.ok(rows.some((row) => row.some((text) => text.startsWith("'=O'Brien") || text.startsWith("county:=O'Brien"))), "the hostile county is gone");
    await page.context().close();
  });
}

it("the homes behind a number, from the sheet", async () => {
  const page = await openLive(browser, instance.base, "/now?in=TX");
  await figure(page, TRAVIS, "value").click();
  const { bytes } = await downloaded(page, () => page.getByRole("link", { name: "All as CSV" }).click());
  const [header, ...rows] = parsed(bytes.toString("utf8"));
  const counted = rows.filter((row) => row[header.indexOf("counted")] === "true").reduce((sum, row) => sum + Number(row[header.indexOf("times")]), 0);
  assert.equal(counted, Number(await figure(page, TRAVIS, "n").getAttribute("value")));
  await page.context().close();
});

it("pictures of map and chart are twice the size", async () => {
  for (const [address, name, canvas] of [["/now", "freehold-map.png", "main .map canvas"], [marketPath(TRAVIS), null, "main .level-panel canvas"]]) {
    const page = await openLive(browser, instance.base, address);
    await inState(page, "live");
    await page.locator(canvas).first().waitFor();
    await page.waitForLoadState("networkidle").catch(() => {}); // The stream never ends; what else was asked for has come.
    const width = await page.locator(canvas).first().evaluate((element) => element.clientWidth);
    const { name: given, bytes } = await downloaded(page, () => page.getByRole("button", { name: "PNG" }).first().click());
    if (name) assert.equal(given, name);
    assert.equal(bytes.subarray(1, 4).toString(), "PNG");
    assert.ok(bytes.readUInt32BE(16) >= 2 * width, `${bytes.readUInt32BE(16)} px wide for a canvas of ${width}`);
    const height = await page.locator(canvas).first().evaluate((element) => element.clientHeight);
    assert.ok(bytes.readUInt32BE(20) > 2 * height + 80, "there is no room for title and footer");
    await page.context().close();
  }
});
