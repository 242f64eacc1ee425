// Reads an event stream from fetch: unlike EventSource, fetch can send the key in a header.

/** The messages of a body as they come: `{event, data, id}`. Comments, which are heartbeats, are skipped. */
export async function* messages(body) {
  let message = { event: "message", data: [], id: null };
  for await (const text of lines(body)) {
    if (text === "") {
      if (message.data.length > 0) yield { ...message, data: message.data.join("\n") };
      else if (message.event !== "message") yield { ...message, data: "" };
      message = { event: "message", data: [], id: null };
      continue;
    }
    const at = text.indexOf(":");
    const field = at < 0 ? text : text.slice(0, at);
    const value = at < 0 ? "" : text.slice(at + 1).replace(/^ /, "");
    if (field === "data") message.data.push(value);
    else if (field === "event") message.event = value;
    else if (field === "id") message.id = value;
  }
}

/** The lines of a body as they come. */
export async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) {
        if (rest) yield rest;
        return;
      }
      const parts = (rest + value).split("\n");
      rest = parts.pop();
      yield* parts.map((line) => line.replace(/\r$/, ""));
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
