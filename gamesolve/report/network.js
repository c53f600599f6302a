"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const epochs = data.average.length;
  // One stop more than epochs: how things stand after the last, on average.
  const stops = () => epochs + (data.final && !shown.seen ? 1 : 0);
  const byId = (id) => document.getElementById(id);
  const svg = byId("drawing");
  const NS = "http://www.w3.org/2000/svg";
  const RADIUS = 23, RING = 32, AROUND = 2 * Math.PI * RING;
  // `moments`: for each epoch the reader has filled in, what was protected and which sensors alerted.
  const shown = { epoch: 1, seen: false, moments: [] };
  let parts = [];

  const make = (name, attributes = {}, text = "") => {
    const element = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text) element.textContent = text;
    return element;
  };
  const html = (name, attributes = {}, ...inside) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...inside);
    return element;
  };
  const percent = (thousandths) => {
    if (thousandths <= 0) return "0%";
    if (thousandths >= 1000) return "100%";
    if (thousandths < 1) return "<0.1%";
    if (thousandths > 999) return ">99.9%";
    const share = thousandths / 10;
    return (share < 1 || share > 99 ? share.toFixed(1) : share.toFixed(0)) + "%";
  };
  const amount = (value) => {
    const text = Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
    return text.replace("-", "\u2212");
  };
  const names = (positions) => positions.map((i) => data.nodes[i].label).join(", ") || "nothing";

  // Where things stand: left to right where there is room, top to bottom where there is not.
  const place = () => {
    const width = Math.max(svg.parentNode.clientWidth, 300);
    const columns = [...new Set(data.nodes.map((node) => node.x.toFixed(3)))].sort((a, b) => a - b);
    const tallest = Math.max(...columns.map((x) => data.nodes.filter((node) => node.x.toFixed(3) === x).length));
    const across = width >= 130 * columns.length;
    const step = across ? width / columns.length : Math.min(width / tallest, 240);
    const height = across ? Math.max(300, tallest * 172) : columns.length * 176;
    const spots = data.nodes.map((node) => {
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
    const edges = data.edges.map(([source, target]) => make("path", { class: "edge", d: trimmed(spots[source], spots[target], across), "marker-end": "url(#tip)" }));
    parts = data.nodes.map((node, i) => {
      const group = make("g", { class: "node", transform: `translate(${spots[i]})` });
      const shape = (name, radius) => node.type === "or"
        ? make("circle", { class: name, r: radius })
        : make("rect", { class: name, x: -radius, y: -radius, width: 2 * radius, height: 2 * radius, rx: 8 });
      const arc = make("circle", { class: "arc", r: RING, transform: "rotate(-90)", "stroke-dasharray": `0 ${AROUND}` });
      const taken = shape("taken", RADIUS), inside = make("text", { class: "inside", y: 5 });
      const title = make("title");
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
      return { group, arc, taken, inside, protects, attacks, sensor, title, rows: words.length, edges: edges.filter((_, e) => data.edges[e][1] === i) };
    });
    svg.replaceChildren(defs, ...edges, ...parts.map((part) => part.group));
  };

  const key = (moment) => `${moment.choice.join(".")}|${data.sensors.map((_, k) => (moment.alerts.includes(k) ? 1 : 0)).join(".")}`;
  const situation = (epoch) => {
    let found = data.situations[0];
    for (let e = 1; e < epoch && found; e++) found = data.situations[found.n[key(shown.moments[e - 1])]];
    return found;
  };
  // For an epoch not filled in yet: the plan's likeliest choice, then the likeliest alerts that can follow.
  const likeliest = (before) => {
    const follows = Object.entries(before.n).sort((a, b) => data.situations[b[1]].r - data.situations[a[1]].r);
    const [choice, signals] = (follows[0]?.[0] ?? "|").split("|");
    const bits = signals ? signals.split(".") : [];
    return { choice: choice ? choice.split(".").map(Number) : [], alerts: bits.flatMap((bit, k) => (bit === "1" ? [k] : [])) };
  };

  const figures = () => {
    if (!shown.seen) return data.average[shown.epoch - 1] ?? { protect: null, attack: null, active: data.final };
    const found = situation(shown.epoch);
    if (!found) return null;
    return { protect: found.p, active: found.b, attack: null, reach: found.r };
  };
  const paint = () => {
    const now = figures();
    const last = shown.seen && shown.epoch > 1 ? shown.moments[shown.epoch - 2].alerts.map((k) => data.sensors[k]) : [];
    parts.forEach((part, i) => {
      const [protect, active, attack] = [now?.protect?.[i] ?? 0, now?.active?.[i] ?? null, now?.attack?.[i] ?? 0];
      part.arc.setAttribute("stroke-dasharray", `${(protect / 1000) * AROUND} ${AROUND}`);
      part.taken.setAttribute("fill-opacity", ((active ?? 0) / 1000) * 0.85);
      part.inside.textContent = active === null ? "?" : percent(active);
      part.inside.classList.toggle("tight", part.inside.textContent.length > 4);
      part.protects.textContent = protect >= 5 ? `protect ${percent(protect)}` : "";
      part.attacks.textContent = attack >= 5 ? `attack ${percent(attack)}` : "";
      part.attacks.setAttribute("y", RING + 20 + 17 * (part.rows + (protect >= 5 ? 1 : 0)));
      part.sensor?.classList.toggle("alert", last.includes(i));
      part.edges.forEach((edge) => {
        edge.classList.toggle("hot", attack >= 50);
        edge.setAttribute("marker-end", attack >= 50 ? "url(#tip-hot)" : "url(#tip)");
      });
      part.title.textContent = `${data.nodes[i].label}: in the attacker's hands ${active === null ? "unknown" : percent(active)}, protected ${percent(protect)}` + (now?.attack ? `, attacked ${percent(attack)}` : "");
    });
    byId("epoch").max = stops();
    byId("epoch").value = shown.epoch;
    byId("epoch-label").textContent = shown.epoch > epochs ? "At the end" : `Epoch ${shown.epoch} of ${epochs}`;
    byId("earlier").disabled = shown.epoch === 1;
    byId("later").disabled = shown.epoch === stops();
    byId("mode-average").setAttribute("aria-pressed", !shown.seen);
    byId("mode-seen").setAttribute("aria-pressed", shown.seen);
    byId("seen").hidden = !shown.seen;
    byId("status").textContent = status(now);
  };
  const status = (now) => {
    if (!now) return "This cannot come about when the plan is followed: choose other alerts, or what the plan advises.";
    if (shown.seen) {
      const rare = now.reach >= 0.0005 ? `comes up in ${percent(now.reach * 1000)} of plays` : "hardly ever comes up against an attacker at his best";
      return `Epoch ${shown.epoch}, given what you entered: this ${rare}. The figures inside the nodes are what the defender may then believe.`;
    }
    const total = data.average.reduce((sum, row) => sum + row.loss, 0);
    const part = (loss) => (loss < 0 ? `a gain of ${amount(-loss)}` : `a loss of ${amount(loss)}`);
    if (shown.epoch > epochs) return `After epoch ${epochs}: what the attacker holds in the end, on average. All epochs together brought ${part(total)}.`;
    const before = shown.epoch === 1 ? "" : `, after ${part(now.before)} so far`;
    return `Epoch ${shown.epoch} brings the defender ${part(now.loss)} on average${before}. All ${epochs} epochs together: ${part(total)}.`;
  };

  const moment = (e) => {
    const before = situation(e);
    const box = html("div", { class: "moment", "data-epoch": e });
    box.append(html("h3", {}, `Epoch ${e}`));
    if (!before) return box;
    const given = shown.moments[e - 1];
    const choices = html("div", { class: "chips" });
    for (const [nodes, share] of before.c) {
      const chip = html("button", { type: "button", class: "chip", "aria-pressed": String(nodes.join() === given.choice.join()) }, `${names(nodes)} `, html("small", {}, percent(share)));
      chip.addEventListener("click", () => { given.choice = nodes; forget(e); });
      choices.append(chip);
    }
    box.append(html("fieldset", {}, html("legend", {}, "What was protected (with the plan's probability)"), choices));
    const sensors = html("div", { class: "chips" });
    data.sensors.forEach((node, k) => {
      if (node < 0) return;
      const on = given.alerts.includes(k);
      const chip = html("button", { type: "button", class: "chip bell", "aria-pressed": String(on) }, `${data.nodes[node].label}: ${on ? "alert" : "quiet"}`);
      chip.addEventListener("click", () => { given.alerts = on ? given.alerts.filter((j) => j !== k) : [...given.alerts, k]; forget(e); });
      sensors.append(chip);
    });
    if (sensors.childNodes.length) box.append(html("fieldset", {}, html("legend", {}, "Then the sensors said (click to change)"), sensors));
    return box;
  };
  const advice = () => {
    const found = situation(shown.epoch);
    const box = html("div", { class: "moment now" }, html("h3", {}, `Epoch ${shown.epoch}: now protect`));
    if (!found) box.append(html("p", {}, "No advice is recorded for this."));
    else for (const [nodes, share] of found.c.slice(0, 8)) {
      const bar = html("div", { class: "bar defends" }, html("span", {}, names(nodes)), html("b", {}, percent(share)));
      bar.style.setProperty("--p", share / 1000);
      box.append(bar);
    }
    return box;
  };
  const fill = () => {
    for (let e = 1; e < shown.epoch; e++) {
      const before = situation(e);
      shown.moments[e - 1] ??= before ? likeliest(before) : { choice: [], alerts: [] };
    }
    const held = document.activeElement;
    const place_ = held && byId("seen").contains(held) ? [...byId("seen").querySelectorAll("button")].indexOf(held) : -1;
    byId("seen").replaceChildren(...Array.from({ length: shown.epoch - 1 }, (_, k) => moment(k + 1)), advice());
    if (place_ >= 0) byId("seen").querySelectorAll("button")[place_]?.focus();
  };
  const forget = (e) => { shown.moments.length = e; update(); };
  const update = () => { if (shown.seen) fill(); paint(); };
  const go = (epoch) => { shown.epoch = Math.min(Math.max(epoch, 1), stops()); update(); };

  byId("earlier").addEventListener("click", () => go(shown.epoch - 1));
  byId("later").addEventListener("click", () => go(shown.epoch + 1));
  byId("epoch").addEventListener("input", (event) => go(Number(event.target.value)));
  byId("mode-average").addEventListener("click", () => { shown.seen = false; update(); });
  byId("mode-seen").addEventListener("click", () => { shown.seen = true; go(Math.min(shown.epoch, epochs)); });
  byId("mode-seen").disabled = data.situations.length === 0;
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.key === "ArrowRight") go(shown.epoch + 1);
    else if (event.key === "ArrowLeft") go(shown.epoch - 1);
  });
  let width = 0;
  new ResizeObserver(() => {
    if (svg.parentNode.clientWidth === width) return;
    width = svg.parentNode.clientWidth;
    draw();
    paint();
  }).observe(svg.parentNode);
  draw();
  update();
})();
