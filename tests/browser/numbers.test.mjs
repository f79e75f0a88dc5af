// Every figure says what it is: no digit stands outside of a figure, and each opens an explanation that agrees with the API.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { VIEWS, format, inState, launch, openLive, strayDigits, still } from "./browser.mjs";
import { Instance } from "./instance.mjs";

const SAMPLE = 50;
const SECTIONS = ["Definition", "Homes counted", "When", "How settled", "Feeds used", "Homes behind it", "Ask for it again"];

let instance, browser;
before(async () => {
  instance = await Instance.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await instance?.stop();
});

/** A sample that is the same each time. */
function sampled(list, count, seed = 7) {
  const left = [...list];
  const chosen = [];
  let state = seed;
  while (left.length && chosen.length < count) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    chosen.push(...left.splice(state % left.length, 1));
  }
  return chosen;
}

for (const [view, address] of Object.entries(VIEWS)) {
  it(`${view}: every digit is part of a figure`, async () => {
    const page = await openLive(browser, instance.base, address);
    // Ages of feeds count on; paused they stand, too.
    await page.keyboard.press("p");
    await inState(page, "paused");
    await still("the view", () => page.locator("main").innerText());
    assert.deepEqual(await strayDigits(page), []);
    assert.ok((await page.locator("main [data-num]").count()) > 10);
    await page.context().close();
  });

  it(`${view}: numbers open explanations that agree with the API`, async () => {
    const page = await openLive(browser, instance.base, address);
    await page.keyboard.press("p");
    await inState(page, "paused");
    await still("the view", () => page.locator("main").innerText());
    const figures = await page.locator("main data[data-num]").evaluateAll((all) => all.filter((one) => one.checkVisibility() && one.offsetWidth > 0 && !one.closest("a, button")).map((one) => one.dataset.num));
    for (const id of sampled([...new Set(figures)], SAMPLE)) {
      await page.locator(`main data[data-num=${JSON.stringify(id)}]`).first().click();
      const sheet = page.locator("[role=dialog]");
      await sheet.waitFor();
      assert.equal(new URL(page.url()).searchParams.get("x"), id);
      const parts = id.replace(/#.*$/, "").split("|");
      if (parts.length === 7) await agrees(page, sheet, parts, id);
      else assert.ok((await sheet.innerText()).length > 40, `${id} says nothing`);
      await page.keyboard.press("Escape");
      await sheet.waitFor({ state: "detached" });
    }
    await page.context().close();
  });
}

async function agrees(page, sheet, [market, segment, kind, measure, variant, window, date], id) {
  const colon = market.indexOf(":");
  const asked = new URLSearchParams({ level: market.slice(0, colon), area: market.slice(colon + 1), segment, kind, measure, variant, window, date });
  const answer = await instance.json(`/v1/explain?limit=10000&${asked}`);
  await sheet.getByRole("heading", { name: "Definition" }).waitFor();
  const heads = await sheet.getByRole("heading", { level: 3 }).allInnerTexts();
  for (const section of SECTIONS) assert.ok(heads.includes(section), `${id} lacks ${section}: ${heads}`);
  assert.equal(heads.includes("Elsewhere"), answer.elsewhere.length > 0);
  const shown = (await sheet.locator(".headline data").first().evaluate((data) => data.firstChild.nodeValue)).trim();
  assert.equal(shown, format(answer.reading.value, answer.reading.unit, "full"), id);
  const text = await sheet.innerText();
  // Between an unknown value and its number stands what a screen reader says, on a line of its own.
  const before = answer.reading.value === null ? "" : `${shown}, `;
  for (const part of [`${before}from ${format(answer.reading.n, "count")} counted and ${format(answer.reading.n_excluded, "count")} left out`, answer.definition, answer.formula]) assert.ok(text.includes(part), `${id} does not say: ${part}`);
  // Homes: a page at a time, all of them in the end are as many as the number says.
  const counted = (part) => answer.rows.filter((row) => row.counted && row.part === part).reduce((sum, row) => sum + row.times, 0);
  assert.equal(answer.parts ? Math.min(counted("above"), counted("below")) : counted(null), answer.reading.n, id);
  const rows = await sheet.locator("table.homes tbody tr").count();
  assert.equal(rows, Math.min(50, answer.rows.length), id);
  // What is copied gives the same again.
  const curl = await sheet.locator("pre.code").last().innerText();
  const again = await instance.json(curl.match(/https?:\/\/[^'"\s]+/)[0]);
  assert.equal(again.reading.value, answer.reading.value, id);
  assert.equal(await sheet.locator(".digest").innerText(), again.reproduce.digest, `${id}: ${curl} gives another digest`);
}
