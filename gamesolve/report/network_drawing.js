"use strict";
// A network as a drawing, for whichever script paints on it what happens there.
// `networkDrawing(svg, nodes, edges)` draws into the width that there is, again at each call of `draw`, and hands out the `parts`
// of its nodes and the `paths` of its edges.
const networkDrawing = (svg, nodes, edges) => {
  const NS = "http://www.w3.org/2000/svg";
  const RADIUS = 23, RING = 32, AROUND = 2 * Math.PI * RING;
  const make = (name, attributes = {}, text = "") => {
    const element = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text) element.textContent = text;
    return element;
  };
  const amount = (value) => {
    const text = Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
    return text.replace("-", "\u2212");
  };

  // Where things stand: left to right where there is room, top to bottom where there is not.
  const place = () => {
    const width = Math.max(svg.parentNode.clientWidth, 300);
    const columns = [...new Set(nodes.map((node) => node.x.toFixed(3)))].sort((a, b) => a - b);
    const tallest = Math.max(...columns.map((x) => nodes.filter((node) => node.x.toFixed(3) === x).length));
    const across = width >= 130 * columns.length;
    const step = across ? width / columns.length : Math.min(width / tallest, 240);
    const height = across ? Math.max(300, tallest * 172) : columns.length * 176;
    const spots = nodes.map((node) => {
      const layer = (columns.indexOf(node.x.toFixed(3)) + 0.5) / columns.length;
      return across ? [layer * width, node.y * height - 14] : [width / 2 + (node.y - 0.5) * width, layer * height - 26];
    });
    return { width, height, across, spots, letters: Math.max(8, Math.floor((step - 10) / 9)) };
  };
  const lines = (text, letters) => {
    const found = [""];
    for (const word of text.split(" ")) {
      const last = found.length - 1;
      if (found[last] && (found[last] + " " + word).length > letters) found.push(word);
      else found[last] = (found[last] + " " + word).trim();
    }
    return found.slice(0, 3).map((line) => (line.length > letters + 4 ? line.slice(0, letters + 3) + "…" : line));
  };
  const trimmed = ([x0, y0], [x1, y1], across) => {
    const along = across ? [1, 0] : [0, 1];
    const reach = 0.45 * Math.max(across ? x1 - x0 : y1 - y0, 60);
    let [bend0, bend1] = [0, 0];
    const straight = across ? Math.abs(y1 - y0) < 12 : Math.abs(x1 - x0) < 12;
    const far = (across ? x1 - x0 : y1 - y0) > (across ? 330 : 190);
    if (straight && far) bend0 = bend1 = 74;
    const side = across ? [0, -1] : [1, 0];
    const control0 = [x0 + along[0] * reach + side[0] * bend0, y0 + along[1] * reach + side[1] * bend0];
    const control1 = [x1 - along[0] * reach + side[0] * bend1, y1 - along[1] * reach + side[1] * bend1];
    const towards = ([ax, ay], [bx, by], by_) => {
      const length = Math.hypot(bx - ax, by - ay) || 1;
      return [ax + ((bx - ax) / length) * by_, ay + ((by - ay) / length) * by_];
    };
    const from = towards([x0, y0], control0, RING + 4);
    const to = towards([x1, y1], control1, RING + 9);
    return `M${from} C${control0} ${control1} ${to}`;
  };

  const draw = () => {
    const { width, height, across, spots, letters } = place();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const defs = make("defs");
    for (const [id, kind] of [["tip", "tip"], ["tip-hot", "tip-hot"]]) {
      const marker = make("marker", { id, viewBox: "0 0 8 8", refX: 5, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse", markerUnits: "userSpaceOnUse" });
      marker.setAttribute("markerWidth", 9);
      marker.setAttribute("markerHeight", 9);
      marker.append(make("path", { d: "M0 0 8 4 0 8z", class: kind }));
      defs.append(marker);
    }
    const paths = edges.map(([source, target]) => make("path", { class: "edge", d: trimmed(spots[source], spots[target], across), "marker-end": "url(#tip)" }));
    const parts = nodes.map((node, i) => {
      const group = make("g", { class: "node", transform: `translate(${spots[i]})` });
      const shape = (name, radius) => node.type === "or"
        ? make("circle", { class: name, r: radius })
        : make("rect", { class: name, x: -radius, y: -radius, width: 2 * radius, height: 2 * radius, rx: 8 });
      const arc = make("circle", { class: "arc", r: RING, transform: "rotate(-90)", "stroke-dasharray": `0 ${AROUND}` });
      const taken = shape("taken", RADIUS), inside = make("text", { class: "inside", y: 5 });
      const title = make("title");
      // Nothing is taken before the first step is shown: without this the page would fade out of red.
      taken.setAttribute("fill-opacity", 0);
      group.append(title, make("circle", { class: "back", r: RING + 3 }), make("circle", { class: "track", r: RING }), arc, shape("shape", RADIUS), taken, inside);
      const words = lines(node.label, letters);
      words.forEach((line, k) => group.append(make("text", { class: "label", y: RING + 20 + 17 * k }, line)));
      const protects = make("text", { class: "does protects", y: RING + 20 + 17 * words.length });
      const attacks = make("text", { class: "does attacks", y: RING + 20 + 17 * (words.length + 1) });
      group.append(protects, attacks);
      if (node.reward !== null && node.reward !== undefined) {
        group.append(make("path", { class: "star", transform: "translate(-41 -43)", d: "m12 3 2.7 5.600 6.200.8-4.500 4.300 1.100 6.100-5.500-3-5.500 3 1.100-6.100L3.100 9.400l6.200-.8z" }));
        group.append(make("text", { class: "worth", x: -42, y: -26, "text-anchor": "end" }, amount(node.reward).replace(/\.?0+$/, "")));
      }
      let sensor = null;
      if (node.sensor) {
        sensor = make("g", { class: "sensor", transform: "translate(20 -44)" });
        sensor.append(make("circle", { cx: 12, cy: 12, r: 2.6 }), make("path", { d: "M7 7a7 7 0 0 0 0 10M17 7a7 7 0 0 1 0 10" }));
        group.append(sensor);
      }
      return { group, arc, taken, inside, protects, attacks, sensor, title, rows: words.length, edges: paths.filter((_, e) => edges[e][1] === i) };
    });
    svg.replaceChildren(defs, ...paths, ...parts.map((part) => part.group));
    return { parts, paths };
  };

  // The marks that every painter makes: shares from 0 to 1, words where there is something to say.
  const mark = (part, { protect, active, inside, protects, attacks, alert, title }) => {
    part.arc.setAttribute("stroke-dasharray", `${protect * AROUND} ${AROUND}`);
    part.taken.setAttribute("fill-opacity", active * 0.85);
    part.inside.textContent = inside;
    part.inside.classList.toggle("tight", inside.length > 4);
    part.protects.textContent = protects;
    part.attacks.textContent = attacks;
    part.attacks.setAttribute("y", RING + 20 + 17 * (part.rows + (protects ? 1 : 0)));
    part.sensor?.classList.toggle("alert", alert);
    part.title.textContent = title;
  };
  const heat = (path, hot) => {
    path.classList.toggle("hot", hot);
    path.setAttribute("marker-end", hot ? "url(#tip-hot)" : "url(#tip)");
  };
  return { draw, mark, heat };
};
