// Calls of the API. Every failure is a Problem: the server's own words, or that it cannot be reached.

import { apiKey } from "./session.js";

export class Problem extends Error {
  constructor({ status = 0, code = "offline", detail = "", retryable = true, retryAfter = null }) {
    super(detail || code);
    Object.assign(this, { status, code, detail, retryable, retryAfter });
  }

  /** From an answer that is no success; `body` is its text. */
  static of(status, body, retryAfter) {
    let told = {};
    try {
      told = JSON.parse(body) ?? {};
    } catch {
      // A proxy's page, not ours.
    }
    const code = String(told.type ?? "").split("/").pop() || `http_${status}`;
    const wait = Number.parseInt(retryAfter ?? "", 10);
    const retryable = told.retryable ?? status >= 500;
    return new Problem({ status, code, detail: told.detail ?? "", retryable, retryAfter: Number.isNaN(wait) ? null : wait });
  }
}

/** A path of the API as an address, under whatever prefix the page is served. */
export function address(path) {
  return new URL(path, document.baseURI).href;
}

const refusedKeys = new Set();

/** The failure that an answer tells. A key that is refused for the first time has the page ask for another one. */
export function failure(status, body, retryAfter) {
  const key = apiKey();
  if (status === 401 && key && !refusedKeys.has(key)) {
    refusedKeys.add(key);
    dispatchEvent(new Event("deepfake-key-refused"));
  }
  return Problem.of(status, body, retryAfter);
}

export function credentials() {
  const key = apiKey();
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/** fetch with the key; throws Problem unless the answer is a success or 304. */
export async function call(path, { headers = {}, ...options } = {}) {
  let answer;
  try {
    answer = await fetch(address(path), { ...options, headers: { ...credentials(), ...headers }, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({});
  }
  if (answer.ok || answer.status === 304) return answer;
  throw failure(answer.status, await answer.text(), answer.headers.get("Retry-After"));
}

export async function json(path, options) {
  return (await call(path, options)).json();
}

/** A picture of the API that needs the key, as an address for <img>; revoke it when done. */
export async function picture(path, signal) {
  return URL.createObjectURL(await (await call(path, { signal })).blob());
}
