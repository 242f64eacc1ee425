// One request of an upload: XMLHttpRequest, because fetch does not tell how much was sent.

import { address, credentials, failure, Problem } from "./api.js";

/** Send it; resolves to the request once it succeeded. `entry.stop` ends it, and `onsent` hears of its bytes. */
export function transfer(entry, path, { method = "POST", headers = {}, body = null, onsent = null, onwhole = null }) {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(new Problem({ code: "aborted", retryable: false }));
    if (entry.phase === "removed") {
      aborted();
      return;
    }
    const request = new XMLHttpRequest();
    request.open(method, address(path));
    for (const [name, value] of Object.entries({ ...credentials(), ...headers })) request.setRequestHeader(name, value);
    if (onsent) request.upload.onprogress = (event) => onsent(event.loaded, event.total);
    if (onwhole) request.upload.onload = onwhole;
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(request);
      else reject(failure(request.status, request.responseText, request.getResponseHeader("Retry-After")));
    };
    request.onerror = request.ontimeout = () => reject(new Problem({}));
    request.onabort = aborted;
    entry.stop = () => request.abort();
    request.send(body);
  });
}

/** The same with JSON, to whose answer it resolves. */
export async function transferJson(entry, path, body, headers = {}) {
  const request = await transfer(entry, path, { headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(body) });
  return JSON.parse(request.responseText);
}
