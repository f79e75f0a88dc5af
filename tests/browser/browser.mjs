// Chromium by playwright-core, with what all groups share: pages that note what goes wrong, and questions about what is on screen.
import { createRequire } from "node:module";
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { ROOT, waitFor } from "./instance.mjs";

const modules = process.env.FREEHOLD_BROWSER_MODULES || path.join(homedir(), ".cache/freehold-browser");
const require = createRequire(path.join(modules, "/"));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const WIDE = { width: 1400, height: 900 };
export const PHONE = { width: 390, height: 844 };

/** The page's own texts of numbers: what the API says, formatted by it, must be on screen. */
export const { format } = await import("data:text/javascript," + encodeURIComponent(readFileSync(path.join(ROOT, "crates/app/web/format.js"), "utf8")));

export const marketPath = (id) => "/market/" + encodeURIComponent(id);
export const TRAVIS = "county:Travis, TX";
export const VIEWS = { now: "/now", market: marketPath(TRAVIS), feeds: "/feeds" };

export function shotPath(name) {
  const folder = process.env.FREEHOLD_SHOTS || (process.env.FREEHOLD_SHOTS = mkdtempSync(path.join(tmpdir(), "freehold-shots-")));
  mkdirSync(folder, { recursive: true });
  return path.join(folder, name + ".png");
}

export function launch() {
  return chromium.launch({
    executablePath: process.env.FREEHOLD_CHROMIUM || "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--no-default-browser-check", "--no-proxy-server"],
  });
}

/** A page of a fresh profile. `page.faults` collects errors and requests that leave the origin. */
export async function open(browser, base, address, options = {}) {
  const context = await browser.newContext({ viewport: WIDE, baseURL: base, timezoneId: "America/Chicago", locale: "en-US", acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.faults = [];
  page.asked = [];
  page.on("console", (message) => message.type() === "error" && page.faults.push(`console: ${message.text()} ${message.location().url}`));
  page.on("pageerror", (error) => page.faults.push(`error: ${error.stack || error}`));
  page.on("request", (request) => {
    page.asked.push(request.url());
    if (!request.url().startsWith(base) && !/^(data|blob|about):/.test(request.url())) page.faults.push(`outside: ${request.url()}`);
  });
  page.answered = await page.goto(address, { waitUntil: "domcontentloaded" });
  return page;
}

/** Waits until the header says so: live, paused, stale … */
export async function inState(page, ...names) {
  await page.waitForFunction((wanted) => wanted.includes(document.querySelector(".state")?.dataset.state), names, { timeout: 120_000 });
}

/** The page has started and says LIVE. */
export async function openLive(browser, base, address, options) {
  const page = await open(browser, base, address, options);
  await inState(page, "live");
  await page.waitForSelector("main table.grid tbody tr", { state: "attached" });
  return page;
}

/** The figure in a cell of a row. */
export function figure(page, row, column, table = "table") {
  return page.locator(`main ${table} tr[data-row=${JSON.stringify(row)}] [data-column="${column}"] data`).first();
}

export const rowsOf = (page, table = "table.movers") => page.locator(`main ${table} tbody tr`).evaluateAll((rows) => rows.filter((row) => !row.hidden).map((row) => row.dataset.row));

/** Violations of the accessibility rules A and AA, each with its first places. */
export async function violations(page) {
  if (!(await page.evaluate(() => Boolean(window.axe)))) {
    // The policy of the page forbids scripts of others to the page itself, not to the tool that drives it.
    await page.evaluate(AXE);
  }
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] }));
  return found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160) + " " + (node.any[0]?.message || "")).join(" ; ")} (${one.nodes.length})`);
}

/** Texts in `main` that hold a digit and stand outside of every figure and of what is allowed to hold digits. */
export function strayDigits(page, root = "main") {
  return page.evaluate((selector) => {
    const allowed = "[data-num], time, [datetime], [data-term], [data-place], [data-address], [data-axis], canvas, script, style, option, select, input";
    const stray = [];
    const walker = document.createTreeWalker(document.querySelector(selector), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (/\d/.test(node.nodeValue) && !node.parentElement.closest(allowed)) stray.push(`${node.nodeValue.trim()} in <${node.parentElement.tagName.toLowerCase()} class="${node.parentElement.className}">`);
    }
    return stray;
  }, root);
}

/** How far the page can be scrolled to the side, in pixels. */
export const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** The share of pixels in which two pictures (PNG) differ. */
export async function difference(browser, first, second) {
  const page = await browser.newPage();
  try {
    return await page.evaluate(async (pictures) => {
      const pixels = await Promise.all(pictures.map(async (text) => {
        const bitmap = await createImageBitmap(await (await fetch("data:image/png;base64," + text)).blob());
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
        const ink = canvas.getContext("2d");
        ink.drawImage(bitmap, 0, 0);
        return ink.getImageData(0, 0, bitmap.width, bitmap.height).data;
      }));
      if (pixels[0].length !== pixels[1].length) return 1;
      let differing = 0;
      for (let place = 0; place < pixels[0].length; place += 4) {
        if ([0, 1, 2].some((part) => Math.abs(pixels[0][place + part] - pixels[1][place + part]) > 2)) differing += 1;
      }
      return differing / (pixels[0].length / 4);
    }, [first.toString("base64"), second.toString("base64")]);
  } finally {
    await page.close();
  }
}

/** Waits until what `read` gives has stood still for so long. */
export async function still(what, read, milliseconds = 1_500) {
  let last = JSON.stringify(await read());
  let since = performance.now();
  return waitFor(`${what} to stand still`, async () => {
    const now = JSON.stringify(await read());
    if (now !== last) {
      last = now;
      since = performance.now();
    }
    return performance.now() - since > milliseconds && { value: JSON.parse(now) };
  });
}
