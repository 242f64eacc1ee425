// A panel that says what became of a file instead of a verdict.

import { h, icon } from "../dom.js";
import { t } from "../i18n.js";

/** `server` are the server's own words, which are English. */
export function notice(symbol, { title, text, server = "" }, actions) {
  return h("section", { class: "panel notice", role: "group", "aria-label": title },
    h("div", { class: "notice-head" }, icon(symbol, "large"), h("h2", {}, title)),
    text && h("p", {}, text),
    server && server !== text && h("p", { class: "server-words" }, h("span", {}, t("fault.server")), " ", h("q", { lang: "en" }, server)),
    h("div", { class: "row" }, actions));
}
