// Help: the keys, the switch that turns them off, and what the marks mean.
import { html } from "./html.js";
import { KEYS } from "./keys.js";

export function Help({ app }) {
  const thresholds = app.instance.thresholds || { normal: 30, few: 10 };
  return html`<div class="help">
    <label class="switch"><input type="checkbox" checked=${app.shortcuts} onChange=${(event) => app.setShortcuts(event.target.checked)} /> Single-key shortcuts</label>
    <dl class="keys">${KEYS.map(([key, what]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${what}</dd></div>`)}</dl>
    <h3>Marks</h3>
    <dl class="marks">
      <div><dt>n</dt><dd>homes behind the number: from ${thresholds.normal} on normal; from ${thresholds.few} “few”, in grey; below “too few”, neither coloured nor ranked</dd></div>
      <div><dt>provisional</dt><dd>late events can still change it; dashed in charts</dd></div>
      <div><dt>final</dt><dd>its day is closed; only a visible correction changes it</dd></div>
      <div><dt>× usual</dt><dd>the size of the change against the market's own median change of the same window over a year</dd></div>
      <div><dt><i>italic, grey</i></dt><dd>too old to look live, with its age</dd></div>
      <div><dt>simulated</dt><dd>homes that a simulator made up</dd></div>
    </dl>
    <p class="second">Freehold ${app.instance.version || ""}</p>
  </div>`;
}
