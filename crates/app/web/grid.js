// A table that keeps its rows: the ARIA grid pattern with one tab stop, cells written in place, and a tint where a text changed.
import { make } from "./html.js";
import { writeNum } from "./num.js";

const TINT_MS = 1200;
const DOT_MS = 5000;
const QUIET_MS = 3000;

/**
 * Columns: {key, head, term?, className?, sort?, header?, figure?(row), content?(row, cell), signature?(row)}.
 * `figure` cells are written as text; `content` cells are built anew only when their signature changes.
 */
export class Grid {
  #rows = new Map();
  #active = { row: "", column: "" };
  #aborter = new AbortController();
  #timers = new Set();
  #calm = matchMedia("(prefers-reduced-motion: reduce)");

  constructor({ name, label, columns, keyOf, open, sort }) {
    Object.assign(this, { columns, keyOf, open, sort });
    this.table = make("table", { className: "grid " + name, role: "grid", "aria-label": label });
    this.element = make("div", { className: "table-wrap" }, this.table);
    this.#head();
    this.body = this.table.createTBody();
    this.#active.column = columns[0].key;
    const { signal } = this.#aborter;
    this.table.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.table.addEventListener("focusin", (event) => this.#focused(event), { signal });
    this.table.addEventListener("click", (event) => this.#click(event), { signal });
  }

  #head() {
    const row = this.table.createTHead().insertRow();
    row.setAttribute("role", "row");
    for (const { key, head, term, className = "", sort } of this.columns) {
      let words = term ? [head && head + " ", make("span", { data: { term: "" } }, term)] : [head];
      if (sort) words = [make("button", { type: "button", className: "sort", tabIndex: -1 }, ...words)];
      const cell = make("th", { role: "columnheader", scope: "col", data: { column: key }, className, tabIndex: -1 }, ...words);
      if (sort) cell.setAttribute("aria-sort", "none");
      row.append(cell);
    }
    this.headRow = row;
  }

  /** Marks the column that the rows are sorted by. */
  sorted(key, direction) {
    for (const cell of this.headRow.cells) {
      const column = this.columns.find((one) => one.key === cell.dataset.column);
      if (column.sort) cell.setAttribute("aria-sort", column.sort === key ? direction : "none");
    }
  }

  /** Shows these rows in this order. Elements of rows that stay are kept, and so are focus and scroll. */
  show(rows) {
    const keys = new Set(rows.map(this.keyOf));
    for (const [key, entry] of this.#rows) {
      if (keys.has(key)) continue;
      entry.element.remove();
      this.#rows.delete(key);
    }
    rows.forEach((row, index) => {
      const key = this.keyOf(row);
      let entry = this.#rows.get(key);
      if (!entry) {
        entry = this.#make(key);
        this.#rows.set(key, entry);
      }
      const there = this.body.rows[index];
      if (there !== entry.element) this.body.insertBefore(entry.element, there || null);
      this.write(row, true);
    });
    this.table.setAttribute("aria-rowcount", rows.length + 1);
    if (!this.#rows.has(this.#active.row)) this.#active.row = "";
    this.#tabStop();
  }

  #make(key) {
    const element = make("tr", { role: "row", data: { row: key } });
    const cells = this.columns.map((column, index) => {
      const { key: name, className = "" } = column;
      const data = column.figure && make("data");
      const cell = make(index ? "td" : "th", { role: index ? "gridcell" : "rowheader", data: { column: name }, className, tabIndex: -1 }, ...(data ? [data] : []));
      if (!index) cell.scope = "row";
      element.append(cell);
      return { cell, column, data, signature: undefined };
    });
    return { element, cells };
  }

  /** Writes what changed of a row into its cells. `quiet` tints nothing. */
  write(row, quiet = false) {
    const entry = this.#rows.get(this.keyOf(row));
    if (!entry) return;
    for (const cell of entry.cells) {
      if (cell.data) {
        if (writeNum(cell.data, cell.column.figure(row)) && !quiet) this.#tint(cell);
      } else if (cell.column.content) {
        const signature = cell.column.signature ? cell.column.signature(row) : "once";
        if (signature === cell.signature) continue;
        cell.signature = signature;
        cell.column.content(row, cell.cell);
        for (const link of cell.cell.querySelectorAll("a, button")) link.tabIndex = -1;
      }
    }
    entry.element.classList.toggle("few", Boolean(row.few));
    entry.element.classList.toggle("aged", Boolean(row.aged));
  }

  #tint(cell) {
    const now = performance.now();
    if (cell.tinted && now - cell.tinted < QUIET_MS) return;
    cell.tinted = now;
    cell.data.classList.add("changed");
    clearTimeout(cell.timer);
    this.#timers.delete(cell.timer);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      cell.data.classList.remove("changed");
    }, this.#calm.matches ? DOT_MS : TINT_MS);
    cell.timer = timer;
    this.#timers.add(timer);
  }

  get keys() {
    return [...this.body.rows].map((row) => row.dataset.row);
  }

  row(key) {
    return this.#rows.get(key)?.element;
  }

  /** The texts on screen, column by column, for an export of exactly these. */
  texts() {
    return [...this.body.rows].map((row) => [...row.cells].map((cell) => cell.querySelector("data")?.getAttribute("value") ?? cell.textContent.trim()));
  }

  #cell(row, column) {
    const element = row ? this.row(row) : this.headRow;
    return [...(element?.cells || [])].find((cell) => cell.dataset.column === column);
  }

  #tabStop() {
    this.table.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
    const cell = this.#cell(this.#active.row, this.#active.column);
    if (cell) cell.tabIndex = 0;
  }

  #focused(event) {
    const cell = event.target.closest("th, td");
    if (!cell) return;
    this.#active = { row: cell.parentNode.dataset.row || "", column: cell.dataset.column };
    this.#tabStop();
  }

  #key(event) {
    if (event.altKey || event.metaKey) return;
    const rows = ["", ...this.keys];
    const columns = this.columns.map((column) => column.key);
    let row = rows.indexOf(this.#active.row);
    let column = columns.indexOf(this.#active.column);
    switch (event.key) {
      case "ArrowDown": row += 1; break;
      case "ArrowUp": row -= 1; break;
      case "ArrowRight": column += 1; break;
      case "ArrowLeft": column -= 1; break;
      case "PageDown": row += 10; break;
      case "PageUp": row -= 10; break;
      case "Home": column = 0; if (event.ctrlKey) row = 0; break;
      case "End": column = columns.length - 1; if (event.ctrlKey) row = rows.length - 1; break;
      case "Enter":
        if (event.target.closest("a, button")) return;
        event.preventDefault();
        if (!this.#active.row) this.#cell("", this.#active.column)?.querySelector("button")?.click();
        else this.open?.(this.#active.row);
        return;
      default: return;
    }
    event.preventDefault();
    row = Math.max(0, Math.min(rows.length - 1, row));
    column = Math.max(0, Math.min(columns.length - 1, column));
    this.#cell(rows[row], columns[column])?.focus();
  }

  #click(event) {
    if (event.target.closest("a")) return;
    const head = event.target.closest("th[aria-sort]");
    if (head) return this.sort?.(this.columns.find((column) => column.key === head.dataset.column).sort);
    if (event.target.closest("[data-num]") || String(getSelection())) return;
    const row = event.target.closest("tbody tr");
    if (row && this.open) this.open(row.dataset.row);
  }

  destroy() {
    this.#aborter.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#rows.clear();
    this.element.remove();
  }
}
