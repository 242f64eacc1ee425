// The files of this browser: one entry each, from the drop to the verdict and after a reload.

import { forgetId, knownIds, nameOf, rememberId, rememberName } from "./session.js";

/**
 * An entry's `phase`: `waiting` (for its turn), `uploading`, `fetching` (the server a URL), `retrying`,
 * `interrupted` (an upload whose file has to be chosen again), `refused` (with `problem`),
 * `job` (there is a job; `job` is null until it was read), `gone` (expired or deleted).
 */
class Jobs extends EventTarget {
  #entries = new Map();
  #count = 0;

  /** Newest first. */
  get all() {
    return [...this.#entries.values()].sort((a, b) => b.order - a.order);
  }

  get(key) {
    return this.#entries.get(key) ?? null;
  }

  /** Those of earlier visits. */
  restore() {
    for (const id of knownIds().reverse()) {
      if (!this.#entries.has(id)) this.#put({ key: id, id, name: nameOf(id), phase: "job", job: null });
    }
  }

  addFile(file) {
    return this.#put({ key: `file-${this.#count + 1}`, id: null, name: file.name, file, phase: "waiting", sent: 0, job: null });
  }

  /** A file that the server fetches; its name is the end of the path, for the rest may hold a secret. */
  addUrl(url) {
    const { pathname, hostname } = new URL(url);
    const name = pathname.split("/").pop() || hostname;
    return this.#put({ key: `file-${this.#count + 1}`, id: null, name, url, phase: "waiting", sent: 0, job: null });
  }

  /** An upload that a reload cut; `known` is what the session remembers of it. */
  addInterrupted(known, sent) {
    const { name, path: upload, token } = known;
    return this.#put({ key: `file-${this.#count + 1}`, id: null, name, known, upload, token, phase: "interrupted", sent, job: null });
  }

  /** A link to a job that another browser made. */
  addId(id) {
    return this.get(id) ?? this.#put({ key: id, id, name: nameOf(id), phase: "job", job: null });
  }

  /** The upload became a job: from now on the entry is known by the job's id. */
  adopt(entry, job) {
    this.#entries.delete(entry.key);
    entry.key = entry.id = job.id;
    this.#entries.set(entry.key, entry);
    rememberId(job.id);
    if (entry.name) rememberName(job.id, entry.name);
    this.change(entry, { phase: "job", job, file: null, url: null, problem: null });
  }

  change(entry, what) {
    Object.assign(entry, what);
    if (what.job) entry.heardAt = performance.now();
    this.dispatchEvent(new CustomEvent("change", { detail: entry }));
  }

  remove(entry) {
    this.#entries.delete(entry.key);
    if (entry.id) forgetId(entry.id);
    entry.phase = "removed";
    this.dispatchEvent(new CustomEvent("list"));
  }

  #put(entry) {
    this.#count += 1;
    const whole = { order: this.#count, problem: null, trouble: null, ...entry };
    this.#entries.set(whole.key, whole);
    this.dispatchEvent(new CustomEvent("list"));
    return whole;
  }
}

export const jobs = new Jobs();

/** True once nothing more will happen to the job. */
export function ended(job) {
  return job !== null && ["succeeded", "failed", "canceled"].includes(job.status);
}

/** One word for what an entry is: a verdict, or `busy`, `failed`, `canceled`, `gone`. */
export function standing(entry) {
  if (entry.phase === "refused") return "failed";
  if (entry.phase === "gone" || entry.phase === "removed") return "gone";
  if (!ended(entry.job)) return "busy";
  return entry.job.status === "succeeded" ? entry.job.result.verdict : entry.job.status;
}
