// What lies over the view: the Explain sheet, help, the copy-link choice and short messages.
import { html, Component } from "./html.js";
import { Explain } from "./explain.js";
import { Help } from "./help.js";
import { copyLink } from "./keys.js";

export class Modal extends Component {
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
