// How every view looks: at both widths and in both themes, without violations of accessibility rules and without sideways scroll.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { PHONE, VIEWS, WIDE, difference, figure, inState, launch, marketPath, open, openLive, shotPath, sideways, still, violations, TRAVIS } from "./browser.mjs";
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

for (const [view, address] of Object.entries(VIEWS)) {
  for (const [width, viewport] of Object.entries({ wide: WIDE, phone: PHONE })) {
    for (const colorScheme of ["light", "dark"]) {
      it(`${view}, ${width}, ${colorScheme}`, async () => {
        const page = await openLive(browser, instance.base, address, { viewport, colorScheme });
        await page.keyboard.press("p");
        await inState(page, "paused");
        await still("the view", () => page.evaluate(() => document.querySelector("main").innerText));
        const whole = await page.screenshot({ fullPage: true });
        writeFileSync(shotPath(`${view}-${width}-${colorScheme}`), whole);
        // The map is painted when its shapes are there, which the text does not tell.
        await still("the picture", async () => (await page.screenshot()).toString("base64"));
        const first = await page.screenshot();
        await page.waitForTimeout(700); // Two moments apart: what is paused must look the same.
        const second = await page.screenshot();
        assert.ok((await difference(browser, first, second)) <= 0.001, "a paused view changes its looks");
        assert.ok((await sideways(page)) <= 0, `scrolls sideways by ${await sideways(page)} px`);
        assert.deepEqual(await violations(page), []);
        const { scheme, background } = await page.evaluate(() => ({ scheme: matchMedia("(prefers-color-scheme: dark)").matches, background: [document.body, document.documentElement].map((one) => getComputedStyle(one).backgroundColor).find((colour) => colour !== "rgba(0, 0, 0, 0)") }));
        const light = background.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) > 384;
        assert.equal(light, !scheme, `the background is ${background}`);
        await page.context().close();
      });
    }
  }
}

it("on a phone the header is one line, and what is touched is 44 px high", async () => {
  for (const address of Object.values(VIEWS)) {
    const page = await openLive(browser, instance.base, address, { viewport: PHONE });
    assert.ok((await page.locator(".bar").boundingBox()).height <= 50, address);
    for (const turn of ["closed", "open"]) {
      const small = await page.locator("button, select, a[href], summary, input").evaluateAll((all) => all.filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".skip, p:not(.state, .tally, .choices), .grid, .table-wrap, .asof, .events") && one.getBoundingClientRect().height < 43.5).map((one) => one.outerHTML.slice(0, 120) + " " + one.getBoundingClientRect().height));
      assert.deepEqual(small, [], `${address}, menu ${turn}`);
      if (turn === "closed") await page.getByRole("button", { name: "Menu" }).click();
    }
    await page.getByRole("link", { name: "Feeds" }).click();
    await page.waitForURL((url) => url.pathname === "/feeds");
    await page.context().close();
  }
});

it("no view scrolls sideways at 320 px", async () => {
  for (const address of Object.values(VIEWS)) {
    const page = await openLive(browser, instance.base, address, { viewport: { width: 320, height: 700 } });
    assert.ok((await sideways(page)) <= 0, `${address} scrolls by ${await sideways(page)} px`);
    await page.context().close();
  }
});

describe("accessibility rules hold with sheets open", () => {
  for (const [width, viewport] of Object.entries({ wide: WIDE, phone: PHONE })) {
    for (const colorScheme of ["light", "dark"]) {
      it(`Explain, help and find, ${width}, ${colorScheme}`, async () => {
        const page = await openLive(browser, instance.base, "/now?in=TX", { viewport, colorScheme });
        await figure(page, TRAVIS, "value").click();
        await page.locator("[role=dialog] table.homes tbody tr").first().waitFor();
        writeFileSync(shotPath(`explain-${width}-${colorScheme}`), await page.screenshot());
        assert.deepEqual(await violations(page), []);
        assert.ok((await sideways(page)) <= 0);
        await page.keyboard.press("Escape");
        await page.keyboard.press("?");
        await page.locator("[role=dialog], dialog[open]").waitFor();
        assert.deepEqual(await violations(page), []);
        await page.keyboard.press("Escape");
        if (width === "wide") {
          await page.keyboard.press("/");
          await page.keyboard.type("trav");
          await waitFor("a place that is found", () => page.getByText("Travis, TX").count());
          assert.deepEqual(await violations(page), []);
        }
        await page.context().close();
      });
    }
  }
});

it("accessibility rules hold when the connection is lost, and in errors", async () => {
  const proxy = await Proxy.start(instance);
  try {
    for (const colorScheme of ["light", "dark"]) {
      const lost = await openLive(browser, proxy.base, "/now", { colorScheme });
      await proxy.cut();
      await inState(lost, "offline", "stale");
      writeFileSync(shotPath(`offline-${colorScheme}`), await lost.screenshot());
      assert.deepEqual(await violations(lost), []);
      await lost.context().close();
      await proxy.mend();
      for (const address of ["/now?m=nope", marketPath("county:Nowhere, ZZ"), "/now?in=WY"]) {
        const page = await open(browser, instance.base, address, { colorScheme });
        await page.waitForSelector("main .message, main .empty, main [role=alert]");
        assert.deepEqual(await violations(page), [], address);
        await page.context().close();
      }
    }
  } finally {
    await proxy.stop();
  }
});
