// What surrounds every view: the bar, the banners, the footer.

import { json } from "../api.js";
import { announce, button, h, icon } from "../dom.js";
import { wake } from "../follow.js";
import { LANGUAGES, language, t } from "../i18n.js";
import { known } from "../limits.js";
import { go, refresh } from "../router.js";
import { server } from "../server.js";
import { apiKey, useKey } from "../session.js";
import { open } from "./dialog.js";

/** Draw the bar in the language that is in use; `choose` is called with another one. */
export function drawShell(choose) {
  document.title = t("title");
  const skip = document.getElementById("skip");
  skip.textContent = t("skip");
  skip.onclick = (event) => {
    event.preventDefault();
    document.getElementById("main").focus();
  };
  const brand = document.getElementById("brand");
  brand.replaceChildren(h("img", { src: "web/icon.svg", alt: "", width: 28, height: 28 }), h("span", {}, t("title")));
  brand.onclick = () => go("");
  document.getElementById("tools").replaceChildren(...tools(choose));
  document.getElementById("tools").setAttribute("aria-label", t("tools"));
  document.getElementById("foot").replaceChildren(h("p", {}, t("foot.hint")), h("p", {}, h("a", { href: "docs" }, t("foot.reference"))));
  server.addEventListener("change", drawBanners); // added once, however often this is called
  addEventListener("deepfake-key-refused", askAgain);
  drawBanners();
}

function tools(choose) {
  const select = h(
    "select",
    { class: "select", id: "language", "aria-label": t("language"), onchange: () => choose(select.value) },
    Object.entries(LANGUAGES).map(([tag, name]) => h("option", { value: tag, lang: tag, selected: tag === language() }, name)),
  );
  return [button(t("key.button"), () => askForKey(), { kind: "quiet", symbol: "key", id: "key-button", hidden: !known()?.key_needed }), select];
}

let told = "";

function drawBanners() {
  const keyButton = document.getElementById("key-button");
  if (keyButton && known()) keyButton.hidden = !known().key_needed;
  const found = [];
  if (!navigator.onLine || !server.reachable) found.push(["offline", t(navigator.onLine ? "banner.server" : "banner.offline")]);
  else if (!server.ready) found.push(["busy", `${t("banner.worker")} ${failing()}`]);
  const text = found.map(([, sentence]) => sentence).join(" ");
  if (text === told) return;
  told = text;
  const place = document.getElementById("banners");
  place.replaceChildren(...found.map(([name, sentence]) => h("p", { class: `banner ${name}`, role: "alert" }, icon(name), h("span", {}, sentence))));
}

function failing() {
  const details = Object.values(server.checks ?? {}).filter((check) => !check.ok).map((check) => check.detail);
  return [...new Set(details)].slice(0, 1).join(" ");
}

/** The key that was in use is refused: it was revoked, replaced or has expired. */
function askAgain() {
  if (!document.getElementById("key")) askForKey(null, t("key.wrong"));
}

/** Ask for the key; `then` is called once one was given. */
export function askForKey(then = null, why = "") {
  const input = h("input", { type: "password", id: "key", class: "input", autocomplete: "off", spellcheck: "false", value: apiKey() });
  const fault = h("p", { class: "fault", role: "alert" }, why);
  const use = async (event) => {
    event.preventDefault();
    const before = apiKey();
    useKey(input.value.trim());
    try {
      await json("v1/models");
      dialog.close();
      announce(t("key.taken"));
      then?.();
      wake();
      refresh();
    } catch (problem) {
      useKey(before);
      fault.textContent = problem.status === 401 ? t("key.wrong") : problem.detail || t("banner.server");
    }
  };
  const dialog = open(t("key.title"), [
    h("p", {}, t("key.why")),
    h("form", { class: "stack", onsubmit: use },
      h("label", { for: "key" }, t("key.label")), input, fault,
      h("p", { class: "hint" }, t("key.kept")),
      h("div", { class: "row" }, h("button", { class: "button primary", type: "submit" }, t("key.use")))),
  ]);
  input.focus();
}

