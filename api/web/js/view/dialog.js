// A modal dialog with a title and a way out; the browser keeps the focus in it and gives it back.

import { button, h, icon } from "../dom.js";
import { t } from "../i18n.js";

let count = 0;

/** Open one; it is removed when it closes. */
export function open(title, body, { wide = false, onclose = null } = {}) {
  count += 1;
  const id = `dialog-${count}`;
  const close = h("button", { type: "button", class: "button quiet square", "aria-label": t("close"), onclick: () => dialog.close() }, icon("close"));
  const dialog = h("dialog", { class: wide ? "dialog wide" : "dialog", "aria-labelledby": id },
    h("div", { class: "dialog-head" }, h("h2", { id }, title), close), body);
  dialog.addEventListener("close", () => {
    onclose?.();
    dialog.remove();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Ask before something that cannot be undone; resolves to true when it may be done. */
export function confirm(title, text, yes) {
  return new Promise((resolve) => {
    let sure = false;
    const agree = () => {
      sure = true;
      dialog.close();
    };
    const dialog = open(title, [
      h("p", {}, text),
      h("div", { class: "row" }, button(yes, agree, { kind: "danger" }), button(t("keep"), () => dialog.close())),
    ], { onclose: () => resolve(sure) });
  });
}
