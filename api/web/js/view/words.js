// What a job says, in words that do not say more than is known.

import { bytes, has, moment, number, percent, score, seconds, t } from "../i18n.js";
import { standing } from "../jobs.js";

export function verdictWords(entry) {
  const what = standing(entry);
  return t(`verdict.${what === "gone" && entry.expired ? "expired" : what}`);
}

/** Why, as a sentence. */
export function reasonSentence(result) {
  if (result.verdict !== "inconclusive") return t(`meaning.${result.verdict}`);
  const known = result.reasons.filter((reason) => has(`reason.${reason}`)).map((reason) => t(`reason.${reason}`));
  const others = result.reasons.filter((reason) => !has(`reason.${reason}`)).map((code) => t("reason.other", { code }));
  return [...known, ...others].join(" ") || t("meaning.inconclusive");
}

/** How often such verdicts were wrong, or that nobody measured it. */
export function errorSentence(result) {
  const measured = result.expected_error;
  if (!measured) return t(result.verdict === "inconclusive" ? "error.abstained" : "error.unmeasured");
  return t("error.measured", {
    of: filesInWords(measured.of), wrong: Math.round(measured.rate * measured.files), files: measured.files,
    low: percent(measured.low), high: percent(measured.high), sure: percent(0.95),
  });
}

// The forms that the API gives such files in, in English.
const FILES = [
  [/^(video|image)s with faces at least (\d+) px wide$/, "least"],
  [/^(video|image)s with faces (\d+) to (\d+) px wide$/, "between"],
  [/^(video|image)s with faces narrower than (\d+) px$/, "narrower"],
  [/^(video|image)s$/, "all"],
];

function filesInWords(of) {
  for (const [form, name] of FILES) {
    const found = form.exec(of);
    if (found) return t(`files.${name}`, { kind: t(`kinds.${found[1]}`), a: Number(found[2]), b: Number(found[3]) });
  }
  return of;
}

/** One sentence that may leave this page: it carries what it is worth. */
export function sentenceToCopy(job) {
  const { result, media } = job;
  return [
    t("copy.sentence", {
      when: moment(job.finished_at), model: `${result.model.name} ${result.model.version}`,
      kind: t(`kind.${media.kind}`), hash: media.sha256, verdict: t(`verdict.${result.verdict}`),
    }),
    result.fake_probability === null ? "" : t("copy.score", thresholdsOf(result)),
    result.verdict === "inconclusive" ? reasonSentence(result) : errorSentence(result),
    t("copy.worth"),
  ].filter(Boolean).join(" ");
}

export function thresholdsOf(result) {
  const { thresholds } = result;
  return { score: score(result.fake_probability, thresholds), fake: number(thresholds.fake, 3), real: number(thresholds.real, 3) };
}

/** A name for people: the file's own where this tab knows it. */
export function nameOf(entry) {
  if (entry.name) return entry.name;
  const media = entry.job?.media;
  if (!media) return t("file.unknown");
  return media.duration_s ? t("file.video", { time: seconds(media.duration_s) }) : t(`kind.${media.kind}`);
}

export function shortFacts(entry) {
  const media = entry.job?.media;
  const size = entry.file?.size ?? entry.known?.size;
  if (!media) return size ? bytes(size) : "";
  return [media.container.toUpperCase(), media.duration_s && seconds(media.duration_s), media.width && `${number(media.width)} × ${number(media.height)}`, bytes(media.size)].filter(Boolean).join(" · ");
}

/** What went wrong, for a refused upload or a failed job. */
export function faultSentences(fault) {
  const code = fault.code ?? "";
  if (code === "checked_here") return { title: t("fault.not_sent"), text: fault.detail, server: "" };
  const title = has(`fault.${code}`) ? t(`fault.${code}`) : t("fault.other");
  const text = has(`advice.${code}`) ? t(`advice.${code}`) : "";
  return { title, text, server: fault.detail || fault.message || "" };
}
