// What lies over the view: the Explain sheet, help (keys, the switch that turns them off, what the marks mean), the copy-link choice and short messages.
import { html, Component } from "./html.js";
import { KEYS, copyLink } from "./keys.js";
import { Explain } from "./explain.js";

function Help({ app }) {
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

class Modal extends Component {
  componentDidMount() {
    this.dialog.showModal();
  }
  render({ title, close, children }) {
    return html`<dialog class="modal" aria-labelledby="modal-title" ref=${(element) => element && (this.dialog = element)} onCancel=${(event) => { event.preventDefault(); close(); }}
      onClick=${(event) => event.target === this.dialog && close()}>
      <div class="modal-body"><div class="sheet-head"><h2 id="modal-title">${title}</h2><button type="button" class="quiet-button" aria-label="Close" onClick=${close}>✕</button></div>${children}</div>
    </dialog>`;
  }
}

export function Over({ app }) {
  const close = () => app.close();
  return html`
    ${app.state.x ? html`<${Explain} key=${app.state.x + app.asOf} app=${app} id=${app.state.x} />` : null}
    ${app.sheet === "help" ? html`<${Modal} title="Keys and settings" close=${close}><${Help} app=${app} /></${Modal}>` : null}
    ${app.sheet === "copy" ? html`<${Modal} title="Copy a link" close=${close}>
      <p class="choices"><button type="button" onClick=${() => { close(); copyLink(app, true); }}>As I see it now</button> <button type="button" onClick=${() => { close(); copyLink(app, false); }}>Always the latest</button></p>
    </${Modal}>` : null}
    ${app.toast ? html`<p class="toast">${app.toast}</p>` : null}`;
}
