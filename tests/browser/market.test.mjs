// Market: the chart's cursor speaks, compared markets share one range, the distribution and the homes are those of the number.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { TRAVIS, format, inState, launch, marketPath, open, openLive } from "./browser.mjs";
import { Instance, home, waitFor } from "./instance.mjs";

let instance, browser;
before(async () => {
  instance = await Instance.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await instance?.stop();
});

const series = (measure, more = "") => instance.json(`/v1/markets/${encodeURIComponent(TRAVIS)}/series?measure=${measure}&points=2000${more}`);

async function charted(address = marketPath(TRAVIS)) {
  const page = await openLive(browser, instance.base, address);
  await page.locator("main .level-panel canvas").first().waitFor();
  return page;
}

it("the headline is the API's, and all readings are there", async () => {
  const page = await charted();
  const { headline, readings } = await instance.json(marketPath(TRAVIS) + ".json");
  const shown = page.locator("main .headline data").first();
  assert.equal(await shown.evaluate((element) => element.firstChild.nodeValue), format(headline.value, headline.unit, "full"));
  assert.equal(await page.locator("main table.readings tbody tr").count(), readings.length);
  for (const row of readings.slice(0, 12)) {
    const id = `${row.level}:${row.area}|${row.segment}|${row.kind}|${row.measure}|${row.variant}|${row.window}|${row.date}`;
    assert.equal(await page.locator(`main table.readings data[data-num=${JSON.stringify(id)}]`).first().evaluate((element) => element.firstChild.nodeValue), format(row.value, row.unit), id);
  }
  await page.context().close();
});

it("first prints, and what was known then, stand in the headline", async () => {
  const page = await charted(marketPath(TRAVIS) + "?m=median_close_price");
  await page.keyboard.press("v");
  const prints = page.locator("main .prints");
  await prints.waitFor();
  const { headline: { window } } = await instance.json(`${marketPath(TRAVIS)}.json?m=median_close_price`);
  const { rows } = await series("median_close_price", `&window=${window}&prints=true`);
  const first = rows.findLast((row) => row.first_print !== null);
  const said = (words) => waitFor(words, async () => (await prints.innerText()).replace(/\s+/g, " ").includes(words));
  if (first) {
    await said(format(first.first_print, "USD", "full"));
    await said(`known now: ${format(first.known_now, "USD", "full")}`);
  } else await said("was printed here");

  const { today } = await instance.json("/v1/instance");
  const past = new Date(Date.parse(today) - 20 * 86_400_000).toISOString().slice(0, 10);
  await page.goto(marketPath(TRAVIS) + "?vs=" + past);
  await prints.waitFor();
  // What was known on a day that closed before the instance began cannot be told; what is known of it now can.
  const { headline: then } = await instance.json(`${marketPath(TRAVIS)}.json?asof=${past}`);
  await said(`known now: ${format(then.value, "USD", "full")}`);
  await said("revised by");
  await said(`${past} was not printed`);
  await page.context().close();
});

it("a measure that nothing is known of offers those that are", async () => {
  const page = await openLive(browser, instance.base, marketPath("county:Loving, TX") + "?m=median_close_price");
  assert.equal(await page.locator("main .level-panel canvas").count(), 0);
  await waitFor("words", async () => /nothing is known/i.test(await page.locator("main .level-panel").innerText()));
  await page.context().close();
});

it("arrow keys move the chart's cursor and speak day and value", async () => {
  const page = await charted();
  const { rows } = await series("median_list_price");
  await page.locator("main .level-panel [tabindex='0']").first().focus();
  const spoken = page.locator("main p.sr[aria-live=polite]").last();
  await page.keyboard.press("End");
  const last = await waitFor("words", async () => (await spoken.textContent()).trim());
  assert.ok(last.includes(format(rows.at(-1).value, "USD", "full")), `${last}; the API: ${rows.at(-1).value}`);
  await page.keyboard.press("ArrowLeft");
  const before = await waitFor("other words", async () => { const text = (await spoken.textContent()).trim(); return text !== last && text; });
  assert.match(before, /\w{3} \d{1,2}, \d{4}|\d{1,2} \w{3} \d{4}/);
  await page.context().close();
});

it("compared markets have one range of y", async () => {
  const page = await charted(marketPath(TRAVIS) + "?cmp=" + encodeURIComponent("county:Hidalgo, TX"));
  await waitFor("two charts", async () => (await page.locator("main .level-panel .uplot").count()) === 2);
  const labels = await page.locator("main .level-panel figure, main .level-panel [role=img], main .level-panel [aria-label]").evaluateAll((all) => all.map((one) => one.getAttribute("aria-label") || ""));
  assert.ok(labels.some((label) => label.includes("Hidalgo")), labels.join("; "));
  await page.context().close();
});

it("the table twin has the series, and gaps stay gaps", async () => {
  const page = await charted(marketPath(TRAVIS) + "?span=1M");
  await page.keyboard.press("t");
  const table = page.locator("main .level-panel table");
  await table.first().waitFor();
  const { rows } = await series("median_list_price");
  const text = await table.first().innerText();
  for (const row of rows.slice(-5)) assert.ok(text.includes(format(row.value, "USD", "full")) || text.includes(format(row.value, "USD")), `${row.date}: ${row.value}`);
  await page.context().close();
});

it("the distribution holds as many homes as the number", async () => {
  const page = await charted();
  const { headline } = await instance.json(marketPath(TRAVIS) + ".json");
  const panel = page.locator('main section[aria-label="Distribution"]');
  await panel.locator("canvas, svg").first().waitFor();
  assert.ok((await panel.innerText()).includes(format(headline.n, "count")), await panel.innerText());
  await page.context().close();
});

it("the causes of a change add up to it", async () => {
  const page = await charted(marketPath(TRAVIS) + "?m=median_list_price&w=30d");
  await page.locator("main table.why tr.sum data").waitFor();
  const values = await page.locator("main table.why td.number data").evaluateAll((all) => all.map((one) => one.getAttribute("value") ?? ""));
  const names = await page.locator("main table.why th").evaluateAll((all) => all.map((one) => one.firstChild.nodeValue));
  assert.deepEqual(names, ["entered", "left", "repriced", "corrected", "interaction", "change"]);
  const cents = values.map((value) => Math.round(Number(value) * 100));
  assert.ok(cents.slice(0, -1).some((value) => value !== 0), values.join());
  assert.equal(cents.slice(0, -1).reduce((sum, value) => sum + value, 0), cents.at(-1));
  const { date } = (await instance.json(marketPath(TRAVIS) + ".json?m=median_list_price")).headline;
  const then = new Date(Date.parse(date + "T00:00:00Z") - 30 * 86400000).toISOString().slice(0, 10);
  const [level, area] = TRAVIS.split(":");
  const { change } = await instance.json(`/v1/explain?level=${level}&area=${encodeURIComponent(area)}&measure=median_list_price&window=now&then=${then}&limit=1`);
  assert.deepEqual(values, [...change.causes.map((cause) => (cause.effect === null ? "" : String(cause.effect))), String(change.total)]);
  await page.context().close();
});

it("homes come nearest the median first, all of them in pages", async () => {
  const page = await charted();
  const { headline } = await instance.json(marketPath(TRAVIS) + ".json");
  const panel = page.locator('main section[aria-label="Homes behind it"]');
  await panel.locator("tbody tr").first().waitFor();
  const more = panel.getByRole("button", { name: /more homes/i });
  for (;;) {
    const count = await panel.locator("tbody tr").count();
    if (!(await more.count())) break;
    await more.click();
    await waitFor("another page", async () => (await panel.locator("tbody tr").count()) > count);
  }
  const values = await panel.locator("tbody tr:not(.left-out) td:nth-child(2) data").evaluateAll((all) => all.map((one) => Number(one.value)));
  assert.equal(values.length, headline.n);
  const distances = values.map((value) => Math.abs(value - Number(headline.value)));
  assert.deepEqual(distances, [...distances].sort((one, other) => one - other));
  await page.context().close();
});

it("only the last point and the headline move", async () => {
  const page = await charted();
  const data = page.locator("main .headline-line [data-num$='#n'], main .headline [data-num$='#n']").first();
  const before = Number(await data.getAttribute("value"));
  await instance.send("alpha", [home("TX-moves")]);
  await waitFor("the home in the headline", async () => Number(await data.getAttribute("value")) === before + 1);
  await page.context().close();
});

it("a measure without a single home is unknown, with a reason, and never zero", async () => {
  const page = await open(browser, instance.base, marketPath("county:Loving, TX") + "?m=median_close_price&w=90d");
  await inState(page, "live");
  const shown = page.locator("main .headline data").first();
  assert.match(await shown.innerText(), /^—/);
  assert.match(await shown.getAttribute("title"), /unknown/);
  await page.context().close();
});

it("Now shows what was known at another moment beside what is", async () => {
  const { today } = await instance.json("/v1/instance");
  const past = new Date(Date.parse(today) - 20 * 86_400_000).toISOString().slice(0, 10);
  const page = await openLive(browser, instance.base, `/now?vs=${past}`);
  const { rows } = await instance.json("/now.json");
  const { all } = await instance.json(`/now.json?asof=${past}&n=1`);
  const market = rows[3].market;
  const then = all.find((place) => `county:${place.area}` === market);
  const shown = (column) => page.locator(`main table.movers tr[data-row=${JSON.stringify(market)}] [data-column="${column}"] data`).first();
  await waitFor("the value of then", async () => (await shown("then").count()) === 1 && Number(await shown("then").getAttribute("value")) === then.value);
  assert.equal(await shown("then").innerText(), format(then.value, "USD"));
  const change = (rows[3].value / then.value - 1) * 100;
  assert.ok(Math.abs(Number(await shown("since").getAttribute("value")) - change) < 1e-9);
  await page.context().close();
});

it("averages, trend and changes are those of the API", async () => {
  const page = await charted(marketPath(TRAVIS) + "?m=active_count");
  const panel = page.locator("main section[aria-label=Trend]");
  await panel.waitFor();
  const { today } = await instance.json("/v1/instance");
  const { rows: [row], change_unit: changeUnit } = await instance.json(`/v1/markets/${encodeURIComponent(TRAVIS)}/trends?measure=active_count&from=${today}&to=${today}`);
  const texts = (part) => panel.locator(`data[data-num$="#${part}"]`).evaluateAll((all) => all.map((one) => one.firstChild.nodeValue));
  assert.deepEqual(await texts("average"), [7, 28, 30, 90, 365].map((days) => format(row[`ma${days}`], "count")));
  assert.deepEqual(await texts("trend"), ["trend", "trend_low", "trend_high"].map((name) => format(row[name], "%")));
  assert.deepEqual(await texts("mom"), [format(row.mom, changeUnit)]);
  assert.deepEqual(await texts("adjusted"), [format(row.adjusted, "count")]);
  await panel.locator('data[data-num$="#trend"]').first().click();
  const sheet = page.locator(".sheet .derived");
  await sheet.waitFor();
  assert.match(await sheet.innerText(), /Theil and Sen/);
  await page.context().close();
});

it("a variant is chosen, stands in the address, and goes with its measure", async () => {
  const page = await charted(marketPath(TRAVIS) + "?m=months_of_supply");
  const variants = page.getByLabel("Variant");
  assert.deepEqual(await variants.locator("option").allInnerTexts(), ["own", "redfin", "year", "contracts"]);
  await variants.selectOption("year");
  await page.waitForURL(/variant=year/);
  const { headline } = await instance.json(`${marketPath(TRAVIS)}.json?m=months_of_supply&variant=year`);
  assert.equal(headline.variant, "year");
  const shown = page.locator("main .headline data").first();
  await waitFor("the variant's number", async () => (await shown.evaluate((element) => element.firstChild.nodeValue)) === format(headline.value, headline.unit, "full"));
  const measures = page.getByLabel("Measure", { exact: true });
  assert.ok((await measures.locator("optgroup").count()) >= 5);
  await measures.selectOption("active_count");
  await page.waitForURL((url) => url.searchParams.get("m") === "active_count" && !url.searchParams.has("variant"));
  assert.equal(await page.getByLabel("Variant").count(), 0);
  await page.context().close();
});
