// Files as tables for other programs.

const COLUMNS = {
  name: (entry) => entry.name ?? "",
  id: (entry) => entry.job?.id ?? "",
  status: (entry) => entry.job?.status ?? (entry.error ? "failed" : "gone"),
  verdict: (entry) => entry.job?.result?.verdict ?? "",
  reasons: (entry) => (entry.job?.result?.reasons ?? []).join(" "),
  score: (entry) => entry.job?.result?.fake_probability ?? "",
  threshold_fake: (entry) => entry.job?.result?.thresholds.fake ?? "",
  threshold_real: (entry) => entry.job?.result?.thresholds.real ?? "",
  expected_error: (entry) => entry.job?.result?.expected_error?.rate ?? "",
  kind: (entry) => entry.job?.media.kind ?? "",
  container: (entry) => entry.job?.media.container ?? "",
  duration_s: (entry) => entry.job?.media.duration_s ?? "",
  size: (entry) => entry.job?.media.size ?? "",
  sha256: (entry) => entry.job?.media.sha256 ?? "",
  model: ({ job }) => (job?.result ? `${job.result.model.name} ${job.result.model.version}` : ""),
  finished_at: (entry) => entry.job?.finished_at ?? "",
  error: (entry) => (entry.error ?? entry.job?.error)?.code ?? "",
};

/** RFC 4180, with a line of names. An entry without a job may have the `error` for which it got none. */
export function toCsv(entries) {
  const lines = [Object.keys(COLUMNS), ...entries.map((entry) => Object.values(COLUMNS).map((read) => read(entry)))];
  return lines.map((cells) => cells.map(cell).join(",")).join("\r\n") + "\r\n";
}

function cell(value) {
  let text = String(value);
  // A spreadsheet takes such a text for a formula; the name of a file is a stranger's.
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The job of the API, one a line, with the name that the file has here. */
export function toNdjson(entries) {
  return entries.map((entry) => `${JSON.stringify({ name: entry.name, ...entry.job })}\n`).join("");
}
