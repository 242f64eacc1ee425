// Many files that are sent, counted and canceled as one: one entry each, apart from those of single files.

import { call, json, Problem } from "./api.js";
import { bytes, number, t } from "./i18n.js";
import { known } from "./limits.js";
import { BATCHES, forgetId, knownIds, rememberId } from "./session.js";
import { lines } from "./sse.js";
import { transfer } from "./transfer.js";

const LOOK_S = 2;
const LONGEST_PAUSE_S = 15;
/** More files than this at once become a batch. */
export const MOST_SINGLE = 20;

/**
 * An entry's `phase`: `uploading`, `refused` (with `problem`), `batch` (`batch` is null until it was
 * read), `gone`.
 */
class Batches extends EventTarget {
  all = []; // the newest first
  #count = 0;

  restore() {
    for (const id of knownIds(BATCHES).reverse()) this.byId(id);
  }

  get(key) {
    return this.all.find((entry) => entry.key === key) ?? null;
  }

  byId(id) {
    return this.get(id) ?? this.#put({ key: id, id, phase: "batch" });
  }

  /** Send files, or one archive, as a batch; its entry. */
  send(files) {
    this.#count += 1;
    const entry = this.#put({ key: `batch-${this.#count}`, id: null, files, count: isArchive(files[0]) ? null : files.length, name: isArchive(files[0]) ? files[0].name : "", sent: 0, phase: "uploading" });
    this.again(entry);
    return entry;
  }

  async again(entry) {
    const refusal = refusalOf(entry.files);
    this.change(entry, { phase: "uploading", sent: 0, problem: null });
    try {
      if (refusal) throw new Problem({ code: "checked_here", detail: refusal, retryable: false });
      const batch = await post(entry, (sent) => this.change(entry, { sent }));
      rememberId(batch.id, BATCHES);
      this.change(entry, { key: batch.id, id: batch.id, phase: "batch", batch, files: null });
      this.#watch(entry);
    } catch (problem) {
      if (entry.phase !== "removed") this.change(entry, { phase: "refused", problem });
    }
  }

  async cancel(entry) {
    if (entry.id) this.change(entry, { batch: await json(`v1/batches/${entry.id}/cancel`, { method: "POST" }) });
    else this.remove(entry);
  }

  /** Take it from the list; the server keeps what it has. */
  remove(entry) {
    entry.phase = "removed";
    entry.stop?.();
    if (entry.id) forgetId(entry.id, BATCHES);
    this.all = this.all.filter((each) => each !== entry);
    this.dispatchEvent(new CustomEvent("list"));
  }

  change(entry, what) {
    Object.assign(entry, what);
    this.dispatchEvent(new CustomEvent("change", { detail: entry }));
  }

  #put(entry) {
    const whole = { name: "", batch: null, problem: null, trouble: null, ...entry };
    this.all.unshift(whole);
    this.dispatchEvent(new CustomEvent("list"));
    if (whole.phase === "batch") this.#watch(whole);
    return whole;
  }

  /** Look now and then until it has ended. */
  async #watch(entry) {
    let pause_s = LOOK_S;
    while (entry.phase === "batch" && !ended(entry.batch)) {
      if (entry.batch || entry.trouble) await new Promise((resolve) => setTimeout(resolve, pause_s * 1000));
      try {
        const batch = await json(`v1/batches/${entry.id}`);
        pause_s = LOOK_S;
        if (entry.phase === "batch") this.change(entry, { batch, trouble: null });
      } catch (problem) {
        if (problem.status === 404 || problem.status === 410) this.change(entry, { phase: "gone" });
        else this.change(entry, { trouble: problem });
        pause_s = problem.retryAfter ?? Math.min(2 * pause_s, LONGEST_PAUSE_S);
      }
    }
  }
}

export const batches = new Batches();

export function ended(batch) {
  return batch !== null && batch.status !== "running";
}

export function isArchive(file) {
  return /\.zip$/i.test(file.name) || /^application\/(x-)?zip(-compressed)?$/.test(file.type);
}

/** The files of a batch as entries of a list, as they are now: `{name, job, error}`. */
export async function* items(entry, signal) {
  const answer = await call(entry.batch.links.results, { signal });
  for await (const line of lines(answer.body)) if (line) yield JSON.parse(line);
}

function refusalOf(files) {
  const limit = known()?.batch;
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (!limit) return null;
  if (files.length > limit.max_files) return t("batch.too_many", { count: files.length, limit: number(limit.max_files) });
  return size > limit.max_bytes ? t("refused.large", { size: bytes(size), limit: bytes(limit.max_bytes) }) : null;
}

async function post(entry, onsent) {
  const form = new FormData();
  for (const file of entry.files) form.append("file", file, file.name);
  const request = await transfer(entry, "v1/batches", { body: form, onsent: (loaded, total) => onsent(loaded / Math.max(total, 1)) });
  return JSON.parse(request.responseText);
}
