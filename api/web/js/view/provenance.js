// What the file says of its own origin: signed in credentials, or claimed in its metadata.

import { h } from "../dom.js";
import { has, t } from "../i18n.js";
import { list, panel } from "./facts.js";

export function provenancePanel({ provenance }) {
  if (!provenance) return null;
  const { c2pa, claims } = provenance;
  const rows = [
    ["issuer", c2pa.issuer],
    ["signer", c2pa.signer],
    ["generator", c2pa.claim_generator],
    ["signed_at", c2pa.signed_at],
    ["source_type", c2pa.digital_source_types.join(", ")],
    ["actions", c2pa.actions.map(({ action, software }) => [action, software].filter(Boolean).join(" · ")).join(", ")],
    ["failures", c2pa.failures.join(", ")],
  ].filter(([, value]) => value);
  return panel("provenance", [
    h("p", {}, h("strong", {}, t(`credentials.${c2pa.state}`)), " ", reason(c2pa)),
    rows.length > 0 && list("provenance", rows),
    h("h3", {}, t("claims.title")),
    claimed(claims),
    h("p", { class: "hint" }, t("provenance.apart")),
  ]);
}

/** What the state does not mean, or why there is none. */
function reason({ state, reason: code }) {
  if (code) return has(`unread.${code}`) ? t(`unread.${code}`) : t("unread.other", { code });
  return t(`credentials.${state}.why`);
}

function claimed(claims) {
  if (!claims) return h("p", {}, t("claims.unknown"));
  if (claims.length === 0) return h("p", {}, t("claims.none"));
  const item = ({ source, value, generator }) => h("li", {}, h("code", {}, source), " ", h("bdi", { class: "told" }, value), generator && ` (${t("claims.names", { generator })})`);
  return [h("ul", { class: "bullets" }, claims.map(item)), h("p", {}, t("claims.worth"))];
}
