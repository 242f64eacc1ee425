// Files come in by drop (anywhere), paste, choice or camera, and go to the line of uploads.

import { announce, button, h, icon } from "../dom.js";
import { bytes, t } from "../i18n.js";
import { batches, isArchive, MOST_SINGLE } from "../batches.js";
import { formatNames, known } from "../limits.js";
import { go } from "../router.js";
import { apiKey } from "../session.js";
import { enqueue, enqueueUrl } from "../upload.js";
import { canRecord, record } from "./recorder.js";
import { askForKey } from "./shell.js";

/** Take files; one is shown at once, many are listed. An archive and very many files are a batch each. */
export function take(files) {
  const given = [...files];
  if (given.length > 0) withKey(() => arrange(given));
}

function arrange(given) {
  const archives = given.filter(isArchive);
  const others = given.filter((file) => !isArchive(file));
  const many = others.length > MOST_SINGLE;
  const sent = [...archives.map((file) => [file]), ...(many ? [others] : [])].map((files) => batches.send(files));
  const entries = [...sent, ...(many ? [] : enqueue(others))];
  announce(t("taken", { count: given.length }));
  go(entries.length === 1 ? entries[0].key : "");
}

function takeUrl(url) {
  withKey(() => {
    announce(t("taken", { count: 1 }));
    go(enqueueUrl(url).key);
  });
}

/** Asks for the key first where one is needed. */
function withKey(act) {
  if (known()?.key_needed && !apiKey()) askForKey(act);
  else act();
}

/** The panel that invites files. */
export function dropPanel(small) {
  const input = h("input", { type: "file", id: "files", class: "sr", multiple: true, accept: "video/*,image/*,.mkv,.ts,.m2ts,.mpg,.dv,.avi,.heic,.zip", onchange: () => take(input.files) });
  return h("section", { class: small ? "drop small" : "drop", "aria-labelledby": "drop-title" },
    icon("upload", "large"),
    h("h2", { id: "drop-title" }, t("drop.title")),
    h("p", { class: "hint" }, t("drop.how")),
    h("div", { class: "row centre" },
      h("label", { class: "button primary", for: "files" }, t("drop.choose")), input,
      button(t("drop.record"), startRecording, { symbol: "camera" })),
    known()?.fetches_urls && urlForm(),
    h("p", { class: "limits", id: "limits" }, limitsText()));
}

function urlForm() {
  const input = h("input", { type: "url", id: "url", class: "input", required: true, pattern: "https?://.+", maxlength: 2048, placeholder: "https://", autocomplete: "off" });
  const submit = (event) => {
    event.preventDefault();
    takeUrl(input.value.trim());
  };
  return h("form", { class: "url-form", onsubmit: submit }, h("label", { for: "url" }, t("drop.url")), input, h("button", { type: "submit", class: "button" }, t("drop.fetch")));
}

function limitsText() {
  const limits = known();
  if (!limits) return t("limits.unknown");
  return t("limits", { formats: formatNames(), size: bytes(limits.max_upload_bytes), frames: limits.frames.default });
}

function startRecording() {
  if (canRecord()) {
    record((file) => take([file]));
    return;
  }
  // Not a secure context: a phone's own camera can still be asked for.
  const input = h("input", { type: "file", accept: "video/*", capture: "user", onchange: () => take(input.files) });
  input.click();
}

/** Drops and pastes anywhere on the page. */
export function listenForDrops() {
  const veil = document.getElementById("veil");
  let depth = 0;
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  const show = (on) => {
    veil.hidden = !on;
    veil.replaceChildren(h("p", {}, t("drop.here")));
  };
  addEventListener("dragenter", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    depth += 1;
    show(true);
  });
  addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
  addEventListener("dragleave", (event) => {
    if (holdsFiles(event) && (depth -= 1) <= 0) show(false);
  });
  addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show(false);
    take(event.dataTransfer.files);
  });
  addEventListener("paste", (event) => {
    if (event.clipboardData?.files.length) take(event.clipboardData.files);
  });
}
