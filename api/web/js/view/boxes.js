// Faces drawn over a frame: as data, so that they can be hidden and read.

import { svg } from "../dom.js";
import { score } from "../i18n.js";
import { peopleOf } from "./people.js";

/** An overlay that fills its parent, which has the shape of the frame. */
export function boxes(job, frame, { labels = true } = {}) {
  const width = 1000;
  const height = width / shapeOf(job.media);
  const people = peopleOf(job.result);
  const drawn = frame.faces.map((face) => {
    const [left, top, w, h] = face.box;
    const person = people.find((each) => each.identity === (face.identity ?? 0));
    const letter = people.length > 1 ? `${person.name} ` : "";
    const text = `${letter}${score(face.fake_probability)}`;
    const size = width / 36;
    const y = Math.max(top * height - size * 0.35, size);
    return svg("g", { class: `face-box person-${person.index % 4}` },
      svg("rect", { class: "under", x: left * width, y: top * height, width: w * width, height: h * height, rx: 8 }),
      svg("rect", { class: "over", x: left * width, y: top * height, width: w * width, height: h * height, rx: 8 }),
      labels && svg("text", { class: "face-text", x: left * width, y, "font-size": size }, text));
  });
  return svg("svg", { class: "boxes", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" }, drawn);
}

/** Width over height of what is shown. */
export function shapeOf(media) {
  return media.width && media.height ? media.width / media.height : 16 / 9;
}
