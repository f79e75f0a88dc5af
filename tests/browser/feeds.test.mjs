// Feeds: one record followed from its raw row to the numbers it changed, refused rows with their reason, and texts that are only texts.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { TRAVIS, VIEWS, figure, inState, launch, marketPath, open, openLive } from "./browser.mjs";
import { Instance, home, waitFor } from "./instance.mjs";

const HOSTILE = "12 <script>alert(1)</script> St";

let instance, browser;
before(async () => {
  instance = await Instance.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await instance?.stop();
});

it("one record from its raw row to its numbers", async () => {
  const row = home("TX-followed", { address: HOSTILE });
  await instance.send("alpha", [row]);
  const { rows: changes } = await instance.json("/v1/changes?limit=10000&from=26000");
  const { position } = changes.find((change) => change.home.includes("TX-followed"));
  const page = await openLive(browser, instance.base, `/feeds?position=${position}`);
  const panel = page.locator('main [aria-label="Follow one record"]');
  if (!(await panel.locator(".steps").count())) {
    await panel.getByLabel("Position").fill(String(position));
    await page.keyboard.press("Enter");
  }
  await panel.locator(".steps").waitFor();
  const text = await panel.innerText();
  for (const part of ["TX-followed", HOSTILE, "accepted", "Travis, TX"]) assert.ok(text.includes(part), `the trace does not say ${part}: ${text.slice(0, 1_500)}`);
  assert.equal(await panel.locator("script").count(), 0);
  await page.context().close();
});

it("the newest record can be followed", async () => {
  await instance.send("alpha", [home("TX-newest")]);
  const page = await openLive(browser, instance.base, "/feeds");
  const panel = page.locator('main [aria-label="Follow one record"]');
  await panel.getByRole("button", { name: "the newest" }).click();
  await panel.locator(".steps").waitFor();
  assert.ok((await panel.innerText()).includes("TX-newest"), await panel.innerText());
  await page.context().close();
});

it("refused rows are listed with reason and raw text", async () => {
  const page = await openLive(browser, instance.base, "/feeds?feed=alpha");
  const table = page.locator("main .refused table");
  await table.locator("tbody tr").first().waitFor();
  const text = await table.innerText();
  for (const part of ["it is no JSON object", "not negative", "TX-broken"]) assert.ok(text.includes(part), `${part}: ${text}`);
  await page.context().close();
});

it("held values are listed with their cause and what would count", async () => {
  await instance.send("alpha", [home("TX-zero", { asked: 5_000_000, asked_first: 500_000 })]);
  const held = () => instance.json("/v1/held?feed=alpha&key=TX-zero");
  const { rows } = await waitFor("the value to be held", async () => ((await held()).rows.length ? held() : null));
  assert.deepEqual([rows[0].field, rows[0].cause, rows[0].value], ["ListPrice", "extra_zero", 5_000_000]);
  const page = await openLive(browser, instance.base, "/feeds?feed=alpha");
  const line = page.locator("main .held tbody tr").filter({ hasText: "TX-zero" });
  await line.waitFor();
  const text = await line.innerText();
  for (const part of ["extra zero", "$5,000,000", `$${rows[0].plausible_to.toLocaleString("en-US")}`]) assert.ok(text.includes(part), `${part}: ${text}`);
  await page.context().close();
});

it("markup in a row is text everywhere", async () => {
  const dialogs = [];
  for (const address of [...Object.values(VIEWS), marketPath('county:=O\'Brien & "100%" /St. John, TX'), "/now?n=1", "/feeds?feed=alpha"]) {
    const page = await open(browser, instance.base, address);
    page.on("dialog", (dialog) => { dialogs.push(dialog.message()); dialog.dismiss(); });
    await inState(page, "live");
    await page.waitForSelector("main table.grid tbody tr", { state: "attached" });
    assert.equal(await page.evaluate(() => [...document.scripts].filter((script) => script.textContent.includes("alert(1)") && script.type !== "application/json").length), 0, address);
    await page.context().close();
  }
  const page = await openLive(browser, instance.base, marketPath('county:=O\'Brien & "100%" /St. John, TX') + "?n=1");
  assert.match(await page.title(), /O'Brien & "100%" \/St\. John/);
  await waitFor("the hostile address among the homes", async () => (await page.locator("main table.homes").first().innerText()).includes(HOSTILE));
  assert.deepEqual(dialogs, []);
  // The JSON in the HTML must not end its own element.
  assert.ok(!(await (await instance.get(marketPath(TRAVIS))).text()).includes("<script>alert"));
  await page.context().close();
});

it("books count on once a second, and today apart", async () => {
  const page = await openLive(browser, instance.base, "/feeds");
  const received = figure(page, "alpha", "received", "table.feeds");
  const before = Number(await received.getAttribute("value"));
  await instance.send("alpha", Array.from({ length: 20 }, (_, index) => home(`TX-counted-${index}`)));
  await waitFor("the twenty", async () => Number(await received.getAttribute("value")) === before + 20);
  await page.context().close();
});

it("a feed that may not be shown shows counts and no rows", async () => {
  const page = await openLive(browser, instance.base, "/feeds?feed=private");
  assert.equal(Number(await figure(page, "private", "received", "table.feeds").getAttribute("value")), instance.written.received.private);
  await instance.send("private", ['{"key":"secret-broken","at":']);
  await waitFor("the refused row", async () => Number(await figure(page, "private", "rejected", "table.feeds").getAttribute("value")) === 1);
  await page.reload();
  await inState(page, "live");
  await page.locator('main [aria-label="Feed private"]').waitFor();
  assert.ok(!(await page.locator("main").innerText()).includes("secret-broken"));
  await page.context().close();
});
