// The map: one Path2D a place on a canvas, fixed colour classes whose legend is a filter, arrow keys between places, chips for areas without a shape.
import { make } from "./html.js";
import { ink, onTheme } from "./canvas.js";
import { Join, nameOf } from "./words.js";
import { format, spoken } from "./format.js";

const WIDTH = 975;
const HEIGHT = 610;
const PATHS_A_STEP = 60;
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];
const CLASSES = 7;
const LEVELS_WITH_SHAPES = ["state", "county"];
const held = new Map();

export const hasShapes = (level) => LEVELS_WITH_SHAPES.includes(level);

function pathOf(geometry) {
  const path = new Path2D();
  const rings = geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat();
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of rings) {
    ring.forEach(([x, y], index) => {
      index ? path.lineTo(x, y) : path.moveTo(x, y);
      left = Math.min(left, x); right = Math.max(right, x);
      top = Math.min(top, y); bottom = Math.max(bottom, y);
    });
    path.closePath();
  }
  return { path, box: [left, top, right, bottom], x: (left + right) / 2, y: (top + bottom) / 2 };
}

function linesOf(mesh) {
  const path = new Path2D();
  for (const line of mesh.coordinates) line.forEach(([x, y], index) => (index ? path.lineTo(x, y) : path.moveTo(x, y)));
  return path;
}

/** Shapes of a level, loaded once and kept. */
async function shapes(level, signal) {
  if (held.has(level)) return held.get(level);
  await import("./vendor/topojson-client.js");
  const { feature, mesh } = self.topojson;
  const file = level === "state" ? "states" : "counties";
  const answer = await fetch(new URL(`./shapes/${file}.json`, import.meta.url), { signal });
  if (!answer.ok) throw new Error("the shapes of the map are missing");
  const atlas = await answer.json();
  const features = feature(atlas, atlas.objects[file]).features.filter((one) => one.geometry);
  const made = {
    level,
    places: new Map(features.map((one) => [String(one.id), pathOf(one.geometry)])),
    borders: linesOf(mesh(atlas, atlas.objects.states)),
    fine: level === "county" ? linesOf(mesh(atlas, atlas.objects.counties, (one, other) => one !== other)) : null,
    join: new Join(level, features),
  };
  held.set(level, made);
  return made;
}

/** Breaks of the seven classes around zero: a step such that nine of ten changes lie inside. */
function breaksFor(deltas) {
  const sizes = deltas.filter((delta) => delta !== null).map(Math.abs).sort((one, other) => one - other);
  const reach = sizes.length ? sizes[Math.floor(sizes.length * 0.9)] : 1;
  const step = STEPS.find((one) => one * 2 >= reach) || 50;
  return [-2 * step, -step, -step / 5, step / 5, step, 2 * step];
}

function classOf(delta, breaks) {
  let at = 0;
  while (at < breaks.length && delta >= breaks[at]) at += 1;
  return at;
}

/**
 * Draws places {market, area, value, delta, n}. `on` has: open(market), hover(market|null), speak(text), filter(class|null), failures(areas).
 */
export class PlaceMap {
  #aborter = new AbortController();
  #entries = new Map();
  #byMarket = new Map();
  #drawn = new Map();
  #focus = null;
  #hatch = new Map();

  constructor({ label, schedule, level, unit, deltaUnit, thresholds, windowName, on }) {
    Object.assign(this, { schedule, level, unit, deltaUnit, thresholds, windowName, on });
    this.breaks = null;
    this.filter = null;
    this.view = { k: 1, x: 0, y: 0 };
    this.base = make("canvas", { "aria-hidden": "true" });
    this.lines = make("canvas", {
      tabIndex: 0, role: "application", "aria-roledescription": "map",
      "aria-label": label + ". Arrow keys move between places, Enter opens one; the table beside it holds the same numbers.",
    });
    this.tip = make("p", { className: "map-tip", data: { num: "map|place" }, hidden: true, "aria-hidden": "true" });
    this.legend = make("div", { className: "legend", role: "group", "aria-label": "Legend: filter by class" });
    this.chips = make("div", { className: "chips" });
    const button = (text, name, act) => {
      const made = make("button", { type: "button", title: name, "aria-label": name }, text);
      made.addEventListener("click", act, { signal: this.#aborter.signal });
      return made;
    };
    this.whole = button("⤢", "The whole map", () => this.#look({ k: 1, x: 0, y: 0 }));
    this.whole.disabled = true;
    this.zooms = make("div", { className: "map-zoom" }, button("+", "Nearer", () => this.#zoom(1.6)), button("−", "Farther", () => this.#zoom(1 / 1.6)), this.whole);
    this.frame = make("div", { className: "map-frame" }, this.base, this.lines, this.zooms, this.tip);
    this.element = make("figure", { className: "map" }, this.frame, this.legend, this.chips);
    const { signal } = this.#aborter;
    this.lines.addEventListener("pointerdown", (event) => { if (this.view.k > 1) this.drag = { x: event.clientX, y: event.clientY, moved: false }; }, { signal });
    this.lines.addEventListener("pointermove", (event) => (this.drag ? this.#drag(event) : this.#pointer(event)), { signal });
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) this.lines.addEventListener(name, (event) => this.#drop(event), { signal });
    this.lines.addEventListener("pointerleave", () => this.#point(null), { signal });
    this.lines.addEventListener("click", (event) => { if (this.dragged) return; const at = this.#at(event); if (at) this.on.open(at.place.market); }, { signal });
    this.lines.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.lines.addEventListener("blur", () => this.#point(null), { signal });
    this.observer = new ResizeObserver(() => this.#size());
    this.observer.observe(this.frame);
    this.offTheme = onTheme(() => { this.#hatch.clear(); this.#everything(); });
  }

  /** True when there are shapes to draw. */
  async load() {
    if (!hasShapes(this.level)) return false;
    this.shapes = await shapes(this.level, this.#aborter.signal);
    if (this.places) this.show(this.places);
    this.#size();
    return true;
  }

  /** Takes the places of the level; only those whose class changed are drawn anew. */
  show(places) {
    this.places = places;
    if (!this.breaks) this.breaks = breaksFor(places.filter((place) => place.n >= this.thresholds.few).map((place) => place.delta));
    if (!this.shapes) return;
    const failures = [];
    this.#entries.clear();
    this.#byMarket.clear();
    for (const place of places) {
      const id = this.shapes.join.shapeOf(place.area);
      const shape = id && this.shapes.places.get(id);
      if (!shape) {
        failures.push(place);
        continue;
      }
      const held = this.#entries.get(id);
      // Where real and simulated homes share a shape, the real ones have it.
      if (held && !(nameOf(held.place.area).simulated && !nameOf(place.area).simulated)) continue;
      this.#entries.set(id, { id, shape, place });
      this.#byMarket.set(place.market, id);
    }
    if (!this.fitted && this.#entries.size) this.#fit();
    this.failures = failures;
    this.on.failures(failures.map((place) => place.area));
    this.#legend();
    this.#chips(failures);
    this.schedule.soon(this.#paint);
  }

  kindOf(place) {
    if (!place || place.value === null || place.delta === null) return "none";
    if (place.n < this.thresholds.few) return "none";
    if (place.n < this.thresholds.normal) return "few";
    return classOf(place.delta, this.breaks);
  }

  #colour(kind, dim) {
    if (kind === "none") return dim ? ink("--panel") : this.#pattern("dots");
    if (kind === "few") return dim ? ink("--panel") : this.#pattern("hatch");
    return dim ? ink("--panel") : ink("--diverging-" + kind);
  }

  #pattern(name) {
    if (this.#hatch.has(name)) return this.#hatch.get(name);
    const size = 6;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = size;
    const context = canvas.getContext("2d");
    context.fillStyle = ink("--panel");
    context.fillRect(0, 0, size, size);
    context.strokeStyle = context.fillStyle = ink("--edge");
    if (name === "dots") context.fillRect(2.5, 2.5, 1, 1);
    else {
      context.lineWidth = 0.8;
      context.beginPath();
      context.moveTo(-1, 7); context.lineTo(7, -1);
      context.stroke();
    }
    const pattern = this.base.getContext("2d").createPattern(canvas, "repeat");
    pattern.setTransform(new DOMMatrix().scale(1 / this.scale / this.view.k));
    this.#hatch.set(name, pattern);
    return pattern;
  }

  #size() {
    const width = this.frame.clientWidth;
    if (!width) return;
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const height = Math.round((width * HEIGHT) / WIDTH);
    for (const canvas of [this.base, this.lines]) {
      canvas.width = width * ratio;
      canvas.height = height * ratio;
    }
    this.scale = (width * ratio) / WIDTH;
    this.#hatch.clear();
    this.#everything();
  }

  /** Sets a canvas to draw in the map's own units. */
  #place(context) {
    const { k, x, y } = this.view;
    context.setTransform(this.scale * k, 0, 0, this.scale * k, -x * this.scale * k, -y * this.scale * k);
  }

  /** Looks at another part: `k` times nearer, from (x, y) on, never beyond the map. */
  #look({ k, x, y }) {
    const within = (at, size) => Math.max(0, Math.min(size - size / k, at));
    this.view = { k, x: within(x, WIDTH), y: within(y, HEIGHT) };
    this.whole.disabled = k === 1;
    this.lines.classList.toggle("near", k > 1);
    this.tip.hidden = true;
    this.#hatch.clear();
    this.#everything();
  }

  #zoom(factor) {
    const { k, x, y } = this.view;
    const nearer = Math.max(1, Math.min(12, k * factor));
    const at = this.#focus?.shape || { x: x + WIDTH / k / 2, y: y + HEIGHT / k / 2 };
    this.#look({ k: nearer, x: at.x - WIDTH / nearer / 2, y: at.y - HEIGHT / nearer / 2 });
  }

  /** Fits the states that have markets, where they are a small part of the map. */
  #fit() {
    this.fitted = true;
    const states = new Set([...this.#entries.keys()].map((id) => id.slice(0, 2)));
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [id, { box }] of this.shapes.places) {
      if (!states.has(id.slice(0, 2))) continue;
      [left, top, right, bottom] = [Math.min(left, box[0]), Math.min(top, box[1]), Math.max(right, box[2]), Math.max(bottom, box[3])];
    }
    const k = Math.min(12, 0.9 * Math.min(WIDTH / (right - left), HEIGHT / (bottom - top)));
    this.#look(k < 1.5 ? { k: 1, x: 0, y: 0 } : { k, x: (left + right - WIDTH / k) / 2, y: (top + bottom - HEIGHT / k) / 2 });
  }

  #drag(event) {
    const [x, y] = [event.clientX - this.drag.x, event.clientY - this.drag.y];
    if (Math.abs(x) + Math.abs(y) < 5 && !this.drag.moved) return;
    this.drag.moved = true;
    for (const canvas of [this.base, this.lines]) canvas.style.transform = `translate(${x}px, ${y}px)`;
  }

  #drop(event) {
    const { drag } = this;
    this.drag = null;
    this.dragged = Boolean(drag?.moved);
    if (!this.dragged) return;
    for (const canvas of [this.base, this.lines]) canvas.style.transform = "";
    const { k, x, y } = this.view;
    const unit = WIDTH / this.frame.clientWidth / k;
    this.#look({ k, x: x - (event.clientX - drag.x) * unit, y: y - (event.clientY - drag.y) * unit });
  }

  #everything() {
    this.#drawn.clear();
    const context = this.base.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.base.width, this.base.height);
    if (!this.shapes) return;
    this.schedule.soon(this.#paint);
    this.#overlay();
  }

  #paint = () => this.#steps();

  *#steps() {
    if (!this.scale || !this.shapes || !this.breaks) return;
    const context = this.base.getContext("2d");
    let step = 0;
    const { k, x, y } = this.view;
    for (const [id, shape] of this.shapes.places) {
      const [left, top, right, bottom] = shape.box;
      if (right < x || bottom < y || left > x + WIDTH / k || top > y + HEIGHT / k) continue;
      const kind = this.kindOf(this.#entries.get(id)?.place);
      const dim = this.filter !== null && this.filter !== kind;
      const mark = kind + (dim ? " dim" : "");
      if (this.#drawn.get(id) === mark) continue;
      this.#drawn.set(id, mark);
      this.#place(context);
      context.fillStyle = this.#colour(kind, dim);
      context.fill(shape.path);
      step += 1;
      if (step % PATHS_A_STEP === 0) yield;
    }
  }

  #overlay() {
    if (!this.scale || !this.shapes) return;
    const context = this.lines.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.lines.width, this.lines.height);
    this.#place(context);
    const { k } = this.view;
    context.lineJoin = "round";
    if (this.shapes.fine) {
      context.strokeStyle = ink("--page");
      context.lineWidth = 0.35 / Math.sqrt(k);
      context.stroke(this.shapes.fine);
    }
    context.strokeStyle = ink("--border");
    context.lineWidth = 1 / k;
    context.stroke(this.shapes.borders);
    if (!this.#focus) return;
    const { shape } = this.#focus;
    context.strokeStyle = ink("--text");
    context.lineWidth = 1.5 / k;
    context.stroke(shape.path);
    const [left, top, right, bottom] = shape.box;
    if (Math.max(right - left, bottom - top) < 14 / k) {
      context.beginPath();
      context.arc(shape.x, shape.y, 10 / k, 0, 7);
      context.strokeStyle = ink("--link");
      context.lineWidth = 2 / k;
      context.stroke();
    }
  }

  #at(event) {
    if (!this.shapes) return null;
    const rectangle = this.lines.getBoundingClientRect();
    const { view } = this;
    const x = view.x + ((event.clientX - rectangle.left) / rectangle.width) * (WIDTH / view.k);
    const y = view.y + ((event.clientY - rectangle.top) / rectangle.height) * (HEIGHT / view.k);
    const context = this.base.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    for (const entry of this.#entries.values()) {
      const [left, top, right, bottom] = entry.shape.box;
      if (x >= left && x <= right && y >= top && y <= bottom && context.isPointInPath(entry.shape.path, x, y)) return entry;
    }
    return null;
  }

  #pointer(event) {
    const entry = this.#at(event);
    this.lines.classList.toggle("over", Boolean(entry));
    if (entry?.id !== this.#focus?.id) this.#point(entry);
  }

  #point(entry) {
    this.#focus = entry;
    this.schedule.soon(this.#drawOverlay);
    this.on.hover(entry ? entry.place.market : null);
    this.tip.hidden = !entry;
    if (!entry) return;
    const { place, shape } = entry;
    const { name, simulated } = nameOf(place.area);
    this.tip.textContent = `${name}${simulated ? " (simulated)" : ""}  ${format(place.value, this.unit)}  ${format(place.delta, this.deltaUnit, "delta")}  n ${format(place.n, "count")}`;
    const width = this.frame.clientWidth;
    const { view } = this;
    const x = ((shape.x - view.x) * view.k / WIDTH) * width;
    this.tip.style.left = Math.max(4, Math.min(width - 8 - this.tip.offsetWidth, x - this.tip.offsetWidth / 2)) + "px";
    this.tip.style.top = Math.max(0, ((shape.box[1] - view.y) * view.k / HEIGHT) * this.frame.clientHeight - 32) + "px";
  }

  #drawOverlay = () => this.#overlay();

  /** Rings the place of a market, as a row is hovered. */
  ring(market) {
    const id = market && this.#byMarket.get(market);
    const entry = id ? this.#entries.get(id) : null;
    if (entry === this.#focus) return;
    this.#focus = entry || null;
    this.tip.hidden = true;
    this.schedule.soon(this.#drawOverlay);
  }

  #key(event) {
    const direction = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (event.key === "Enter" && this.#focus) return this.on.open(this.#focus.place.market);
    if (!direction || !this.#entries.size) return;
    event.preventDefault();
    const from = this.#focus?.shape || { x: WIDTH / 2, y: HEIGHT / 2 };
    let best = null;
    let least = Infinity;
    for (const entry of this.#entries.values()) {
      if (entry.id === this.#focus?.id) continue;
      const along = (entry.shape.x - from.x) * direction[0] + (entry.shape.y - from.y) * direction[1];
      const across = Math.abs((entry.shape.x - from.x) * direction[1]) + Math.abs((entry.shape.y - from.y) * direction[0]);
      if (this.#focus && along <= 0) continue;
      const distance = Math.abs(along) + 2 * across;
      if (distance < least) [least, best] = [distance, entry];
    }
    if (!best) return;
    const { k, x, y } = this.view;
    const [left, top] = [best.shape.x - WIDTH / k / 2, best.shape.y - HEIGHT / k / 2];
    if (Math.abs(left - x) > WIDTH / k / 2 || Math.abs(top - y) > HEIGHT / k / 2) this.#look({ k, x: left, y: top });
    this.#point(best);
    const { place } = best;
    const { name, simulated } = nameOf(place.area);
    this.on.speak(`${name}${simulated ? ", simulated" : ""}: ${spoken(place.value, this.unit)}, ${spoken(place.delta, this.deltaUnit)} over ${this.windowName}, n ${format(place.n, "count")}`);
  }

  legendEntries() {
    const kinds = new Map();
    for (const { place } of this.#entries.values()) {
      const kind = this.kindOf(place);
      kinds.set(kind, (kinds.get(kind) || 0) + 1);
    }
    const at = (index) => format(this.breaks[index], this.deltaUnit, "delta");
    const entries = [];
    for (let kind = 0; kind < CLASSES; kind += 1) {
      const text = kind === 0 ? "below " + at(0) : kind === CLASSES - 1 ? at(5) + " or more" : `${at(kind - 1)} to ${at(kind)}`;
      entries.push({ kind, text, count: kinds.get(kind) || 0, colour: ink("--diverging-" + kind) });
    }
    entries.push({ kind: "few", text: `few, n below ${this.thresholds.normal}`, count: kinds.get("few") || 0, colour: ink("--panel") });
    entries.push({ kind: "none", text: `no number, or n below ${this.thresholds.few}`, count: kinds.get("none") || 0, colour: ink("--panel") });
    return entries;
  }

  #legend() {
    for (const { kind, text, count } of this.legendEntries()) {
      let button = [...this.legend.children].find((one) => one.dataset.kind === String(kind));
      if (!button) {
        button = make("button", { type: "button", data: { kind } }, make("span", { className: "swatch swatch-" + kind }), make("span", { data: { axis: "" } }),
          make("span", { className: "legend-count", data: { num: "map|class " + kind } }));
        button.addEventListener("click", () => this.select(this.filter === kind ? null : kind), { signal: this.#aborter.signal });
        this.legend.append(button);
      }
      if (button.children[1].textContent !== text) button.children[1].textContent = text;
      const number = format(count, "count");
      if (button.children[2].textContent !== number) button.children[2].textContent = number;
      button.setAttribute("aria-pressed", String(this.filter === kind));
    }
  }

  /** Shows only one class; null shows all. */
  select(kind, quiet) {
    this.filter = kind;
    if (this.places) this.#legend();
    this.#everything();
    if (!quiet) this.on.filter(kind);
  }

  #chips(failures) {
    const signature = failures.map((place) => place.area).join("\n");
    if (signature === this.chipsSigned) return;
    this.chipsSigned = signature;
    this.chips.replaceChildren();
    if (!failures.length) return;
    this.chips.append(make("span", { className: "second" }, "Not on the map: "));
    for (const place of failures.slice(0, 40)) {
      const { name, simulated } = nameOf(place.area);
      this.chips.append(make("a", { className: "chip", data: { place: "" }, href: "/market/" + encodeURIComponent(place.market) }, name + (simulated ? " (simulated)" : "")));
    }
    if (failures.length > 40) this.chips.append(make("span", { className: "second", data: { num: "map|without shape" } }, `and ${format(failures.length - 40, "count")} more, in the table`));
  }

  /** Canvases from below to above, for a picture. */
  get pictures() {
    return [this.base, this.lines];
  }

  destroy() {
    this.#aborter.abort();
    this.observer.disconnect();
    this.offTheme();
    this.schedule.drop(this.#paint);
    this.schedule.drop(this.#drawOverlay);
    this.base.width = this.lines.width = 0;
    this.element.remove();
  }
}
