// Duplicates, late and disordered rows: the page shows what a batch over the same rows in another order says, and the books balance.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, it } from "node:test";
import { TRAVIS, figure, format, inState, launch, marketPath, open, openLive, still } from "./browser.mjs";
import { Instance, binary, home, momentOf, waitFor } from "./instance.mjs";

let instance, browser;
before(async () => {
  instance = await Instance.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await instance?.stop();
});

/** The rows of a question to the command. */
function asked(dataDir, ...words) {
  const done = spawnSync(binary(), [...words, "--data-dir", dataDir, "--format", "json"], { encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(done.status, 0, done.stderr);
  return JSON.parse(done.stdout);
}

it("the page equals a batch over the same rows, sorted by time and without duplicates", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "freehold-batch-"));
  try {
    const config = await readFile(path.join(instance.folder, "freehold.toml"), "utf8");
    await writeFile(path.join(folder, "freehold.toml"), config);
    for (const feed of ["alpha", "beta", "private"]) {
      const lines = [...new Set((await readFile(path.join(instance.folder, `${feed}.ndjson`), "utf8")).trim().split("\n"))];
      const at = (line) => /"at": ?"([^"]*)"/.exec(line)?.[1] ?? "";
      // The late row must stay behind the newer one, else it would not be late.
      const late = lines.filter((line) => /"asked": ?1000,/.test(line));
      const rest = lines.filter((line) => !late.includes(line)).sort((one, other) => (at(one) < at(other) ? -1 : at(one) > at(other) ? 1 : 0));
      await writeFile(path.join(folder, `${feed}.ndjson`), [...rest, ...late].map((line) => line + "\n").join(""));
    }
    const done = spawnSync(binary(), ["run", "--config", "freehold.toml", "--data-dir", "batch", "--until-idle", "--quiet", "--listen", "off"], { cwd: folder, encoding: "utf8" });
    assert.equal(done.status, 0, done.stderr);
    const wanted = new Map(asked(path.join(folder, "batch"), "markets", "--level", "county", "--segment", "all", "--kind", "sale", "--measure", "median_list_price").map((row) => [`county:${row.area}`, row]));
    const page = await openLive(browser, instance.base, "/now?n=1&sort=name");
    const rows = await page.locator("main table.movers tbody tr").evaluateAll((all) => all.map((row) => [row.dataset.row, row.querySelector('[data-column="value"] data').firstChild.nodeValue, row.querySelector('[data-column="n"] data').value]));
    assert.ok(rows.length >= 25);
    for (const [market, text, n] of rows) {
      const row = wanted.get(market);
      assert.deepEqual([text, Number(n)], [format(row.value, "USD"), Number(row.n)], market);
    }
    await page.context().close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it("the books on screen balance and are those of the command", async () => {
  const page = await openLive(browser, instance.base, "/feeds");
  const rows = asked(path.join(instance.folder, "instance"), "ledger");
  for (const row of rows) {
    for (const name of ["received", "accepted", "duplicate", "stale", "late", "held", "rejected"]) {
      const shown = await figure(page, row.feed, name, "table.feeds").getAttribute("value");
      assert.equal(Number(shown), Number(row[name]), `${row.feed} ${name}`);
    }
  }
  assert.equal(await page.locator(".trust").getAttribute("data-balanced"), "yes");
  await page.context().close();
});

it("a late row of a past month changes its series, and the page shows the revision", async () => {
  const month = new Date(Date.now() - 40 * 86_400_000);
  month.setUTCHours(18); // The same day in UTC and in Texas.
  const when = momentOf(month.getTime());
  const page = await openLive(browser, instance.base, marketPath("county:Dallas, TX") + "?m=new_listings&w=90d");
  const read = () => instance.json(`${marketPath("county:Dallas, TX").replace("/market", "/v1/markets")}/series?measure=new_listings&window=day&from=${when.slice(0, 10)}&to=${when.slice(0, 10)}`);
  const before = (await read()).rows[0].value ?? 0;
  await instance.send("alpha", [home("TX-late-home", { county: "Dallas", city: "Dallas City", zip: "75201", at: when })]);
  await waitFor("the series with the late home", async () => Number((await read()).rows[0].value) === Number(before) + 1);
  await still("the view", () => page.locator("main .headline").first().innerText(), 1_000);
  await waitFor("the headline with the late home", async () => {
    const { headline } = await instance.json(marketPath("county:Dallas, TX") + ".json?m=new_listings&w=90d");
    return (await page.locator("main .headline data").first().getAttribute("value")) === String(headline.value);
  });
  await page.context().close();
});

it("as of a past day the whole page is from then, and 0 returns", async () => {
  const day = momentOf(Date.now() - 60 * 86_400_000).slice(0, 10);
  const page = await open(browser, instance.base, `/now?in=TX&sort=name&asof=${day}`);
  await inState(page, "asof");
  const compare = async () => {
    const { rows } = await instance.json(`/now.json?in=TX&sort=name&asof=${day}`);
    await waitFor("the rows of then", async () => (await page.locator("main table.movers tbody tr").count()) === rows.length);
    for (const row of rows) assert.equal(await figure(page, row.market, "value").evaluate((element) => element.firstChild.nodeValue), format(row.value, row.unit), row.market);
  };
  await compare();
  const now = await instance.json("/now.json?in=TX&sort=name");
  assert.notEqual(await figure(page, TRAVIS, "value").getAttribute("value"), String(now.rows.find((row) => row.market === TRAVIS).value));
  await instance.send("alpha", Array.from({ length: 100 }, (_, index) => home(`TX-after-${index}`, { asked: 900_000 })));
  await compare();
  await page.keyboard.press("0");
  await inState(page, "live");
  await waitFor("the present", async () => Number(await figure(page, TRAVIS, "n").getAttribute("value")) === (await instance.json("/now.json?in=TX&sort=name")).rows.find((row) => row.market === TRAVIS).n);
  assert.equal(new URL(page.url()).searchParams.get("asof"), null);
  await page.context().close();
});
