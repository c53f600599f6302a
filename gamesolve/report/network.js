"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const epochs = data.average.length;
  // One stop more than epochs: how things stand after the last, on average.
  const stops = () => epochs + (data.final && !shown.seen ? 1 : 0);
  const byId = (id) => document.getElementById(id);
  const svg = byId("drawing");
  const { draw, mark, heat } = networkDrawing(svg, data.nodes, data.edges);
  // `moments`: for each epoch the reader has filled in, what was protected and which sensors alerted.
  const shown = { epoch: 1, seen: false, moments: [] };
  let parts = [];

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
      mark(part, {
        protect: protect / 1000,
        active: (active ?? 0) / 1000,
        inside: active === null ? "?" : percent(active),
        protects: protect >= 5 ? `protect ${percent(protect)}` : "",
        attacks: attack >= 5 ? `attack ${percent(attack)}` : "",
        alert: last.includes(i),
        title: `${data.nodes[i].label}: in the attacker's hands ${active === null ? "unknown" : percent(active)}, protected ${percent(protect)}` + (now?.attack ? `, attacked ${percent(attack)}` : ""),
      });
      part.edges.forEach((edge) => heat(edge, attack >= 50));
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
    ({ parts } = draw());
    paint();
  }).observe(svg.parentNode);
  ({ parts } = draw());
  update();
})();
