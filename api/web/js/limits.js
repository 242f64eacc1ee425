// What the server takes, and what can be told about a file before it is sent.

import { json } from "./api.js";
import { bytes, t } from "./i18n.js";

const ALIASES = { jpg: "jpeg", jfif: "jpeg", tif: "tiff", m2ts: "ts", mts: "ts", mpeg: "mpg", m4v: "mp4", heif: "heic", qt: "mov", apng: "png" };

let limits = null;

/** Ask once; null while the server is away. */
export async function loadLimits() {
  limits = await json("v1/limits");
  return limits;
}

export function known() {
  return limits;
}

export function takes(option) {
  return limits?.options.includes(option) ?? false;
}

/** Why a file need not be sent, as a sentence; null when it may be. */
export function refusal(file) {
  if (file.size === 0) return t("refused.empty");
  if (limits && file.size > limits.max_upload_bytes) {
    return t("refused.large", { size: bytes(file.size), limit: bytes(limits.max_upload_bytes) });
  }
  return mayBeMedia(file) ? null : t("refused.kind", { formats: formatNames() });
}

export function formatNames() {
  return (limits?.formats ?? []).map((name) => ({ webm: "WebM", webp: "WebP" })[name] ?? name.toUpperCase()).join(", ");
}

/** The server looks at the content; here only what is surely something else is held back. */
function mayBeMedia(file) {
  const end = file.name.split(".").pop().toLowerCase();
  if (!limits || limits.formats.includes(ALIASES[end] ?? end)) return true;
  if (file.type === "image/svg+xml") return false;
  return file.type === "" || /^(image|video)\/|^application\/(octet-stream|mxf)/.test(file.type);
}
