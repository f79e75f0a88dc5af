// Runs the binary over the invented market of tests/http/fixture.py, and feeds it by appending to its files. Knows no answer.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
/** Longer than anything takes on a loaded machine; no test asserts a time with it. */
export const PATIENCE_MS = 60_000;
const PAGE = /^freehold: page at (http:\/\/127\.0\.0\.1:\d+)\/$/m;

/** The binary under test: FREEHOLD_BIN, else what cargo built last, release first. */
export function binary() {
  if (process.env.FREEHOLD_BIN) return path.resolve(process.env.FREEHOLD_BIN);
  const target = process.env.CARGO_TARGET_DIR || path.join(ROOT, "target");
  const found = ["release", "debug"].map((profile) => path.join(target, profile, "freehold")).find(existsSync);
  if (!found) throw new Error(`no freehold binary under ${target}: run cargo build --release, or set FREEHOLD_BIN`);
  return found;
}

/** Asks until the answer is truthy; fails saying what was waited for, and the last answer. */
export async function waitFor(what, question, milliseconds = PATIENCE_MS) {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${milliseconds / 1000} s for ${what}; the last answer was ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A moment as the rows of the fixture have it. */
export const momentOf = (milliseconds) => new Date(milliseconds).toISOString();

/** A row of a home: what is not given is ordinary. */
export function home(key, changes = {}) {
  const row = {
    key, at: momentOf(Date.now()), status: "Active", asked: 500_000, asked_first: 500_000, use: "Residential", type: "Single Family Residence",
    feet: 2_000, beds: 3, address: `${key} Sent St`, city: "Travis City", county: "Travis", state: "TX", zip: "78701",
  };
  return { ...row, ...changes };
}

/** What was started: a run that is broken off must leave no server behind. */
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

export class Instance {
  /** `feedMore` is TOML for each feed, `more` before the feeds, `port` a fixed port. */
  static async start(options = {}) {
    const folder = await mkdtemp(path.join(tmpdir(), "freehold-browser-"));
    const words = [path.join(ROOT, "tests/http/fixture.py"), folder, "--feed-more", options.feedMore || "", "--more", options.more || ""];
    const made = spawnSync("python3", words, { encoding: "utf8" });
    if (made.status !== 0) throw new Error(made.stderr);
    const instance = new Instance(folder, JSON.parse(made.stdout));
    await instance.run();
    await waitFor("the rows of the fixture", async () => {
      const { rows } = await instance.json("/v1/feeds");
      return rows.every((row) => row.received === instance.written.received[row.feed]);
    });
    return instance;
  }

  constructor(folder, written) {
    this.folder = folder;
    this.written = written;
    this.said = "";
    this.port = 0;
  }

  /** Starts the process; again on the port that it had. */
  async run() {
    this.said = "";
    const words = ["run", "--config", "freehold.toml", "--data-dir", "instance", "--listen", `127.0.0.1:${this.port}`];
    this.process = spawn(binary(), words, { cwd: this.folder, stdio: ["ignore", "ignore", "pipe"] });
    this.process.stderr.on("data", (bytes) => (this.said += bytes));
    running.add(this.process);
    await waitFor("the line that says where the page is", () => {
      if (this.process.exitCode !== null) throw new Error(`the binary ended with ${this.process.exitCode}:\n${this.said}`);
      return PAGE.test(this.said);
    });
    this.base = PAGE.exec(this.said)[1];
    this.port = Number(new URL(this.base).port);
  }

  async kill() {
    this.process.kill("SIGKILL");
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, "exit");
  }

  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill("SIGINT");
      const late = setTimeout(() => this.process.kill("SIGKILL"), PATIENCE_MS);
      await once(this.process, "exit");
      clearTimeout(late);
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  async get(address) {
    const answer = await fetch(new URL(address, this.base));
    if (!answer.ok) throw new Error(`GET ${address} said ${answer.status}: ${await answer.text()}`);
    return answer;
  }

  async json(address) {
    return (await this.get(address)).json();
  }

  /** Rows, or lines as they are, for a feed: written at once. */
  async append(feed, rows) {
    const lines = rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row)) + "\n");
    await appendFile(path.join(this.folder, `${feed}.ndjson`), lines.join(""));
  }

  async ledger(feed) {
    const { rows } = await this.json("/v1/feeds");
    return rows.find((row) => row.feed === feed);
  }

  /** Sends rows, and waits until all are received. */
  async send(feed, rows) {
    const wanted = (await this.ledger(feed)).received + rows.length;
    await this.append(feed, rows);
    await waitFor(`${wanted} rows received by ${feed}`, async () => (await this.ledger(feed)).received >= wanted);
  }

  /** Sends `perSecond` rows a second, made by `make(number)`, until the returned function is called; it gives how many. */
  pour(feed, perSecond, make) {
    let sent = 0;
    let ending = false;
    const began = performance.now();
    const poured = (async () => {
      while (!ending) {
        const due = Math.floor(((performance.now() - began) / 1000) * perSecond) - sent;
        // After a stall it does not make up for everything at once.
        const rows = Array.from({ length: Math.min(due, perSecond) }, (_, index) => make(sent + index));
        sent += rows.length;
        await this.append(feed, rows);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    return async () => {
      ending = true;
      await poured;
      return sent;
    };
  }
}

const TEXAS = ["Travis", "Harris", "Dallas", "Tarrant", "Bexar", "Collin", "Denton", "Hidalgo", "El Paso", "Fort Bend", "Williamson", "Montgomery"];

/** Updates of 1,200 homes over the counties of Texas, none like another, for `pour`. */
export function stir(number) {
  const index = number % 1_200;
  const county = TEXAS[index % TEXAS.length];
  const asked = 150_000 + ((number * 7_919) % 700_000);
  return home(`TX-stirred-${index}`, { county, city: `${county} City`, asked, asked_first: asked, at: momentOf(Date.now() - 1_000 + (number % 1_000)) });
}
