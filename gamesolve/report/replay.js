"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const NS = "http://www.w3.org/2000/svg";
  const SPEEDS = [1, 2, 4], PAUSE = 900;
  // The slider's handle has this radius, so its middle, and the course above it, run from one radius to the width less one.
  const HANDLE = 8, TALL = 76, EDGE = 8;
  const shown = { scene: 0, step: 0, timer: 0, speed: 0 };
  const scene = () => data.scenes[shown.scene];
  const last = () => scene().steps.length - 1;

  const make = (name, attributes = {}, ...inside) => {
    const element = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...inside);
    return element;
  };
  const html = (name, kind, ...inside) => {
    const element = document.createElement(name);
    if (kind) element.className = kind;
    element.append(...inside);
    return element;
  };

  // The drawing: a panel for each group, a tile for each node.
  const tiles = [], panels = [];
  const amount = (value) => (value ? `\u2212${value}` : "");
  const build = () => {
    panels.push(...data.drawing.groups.map((name) => html("div", "panel", html("h3", "", name), html("div", "tiles"))));
    for (const node of data.drawing.nodes) {
      const title = html("p", "host", html("b", "", node.label), html("span", "worth", amount(node.value)));
      const tile = html("div", "tile", title, html("p", "system"), html("div", "chips"));
      panels[node.group].lastChild.append(tile);
      tiles.push(tile);
    }
    byId("hosts").append(...panels);
  };
  const chips = (now) => [
    ...(now.access ? [html("b", `chip-access ${now.access}`, now.access)] : []),
    ...(now.alert ? [html("b", "chip-alert", `! ${now.alert}`)] : []),
    ...(now.mark ? [html("b", "chip-mark", `guess: ${now.mark}`)] : []),
    ...now.decoys.map((decoy) => html("b", "chip-decoy", decoy)),
  ];
  const turns = () => {
    if (shown.step === 0) return "Before the first step.";
    const words = scene().marks.filter((mark) => mark.step === shown.step).map((mark) => mark.words);
    return words.length ? `${words.join(", ")}.`.replace(/^./, (letter) => letter.toUpperCase()) : "";
  };
  const paintHosts = (step) => {
    document.querySelectorAll("#hosts .tags").forEach((tags) => tags.remove());
    for (const target of [...tiles, ...panels]) target.classList.remove("by-defender", "by-attacker");
    step.picture.nodes.forEach((now, i) => {
      const [, system, inside] = tiles[i].children;
      tiles[i].dataset.access = now.access || "none";
      tiles[i].classList.toggle("unknown", !now.known);
      system.textContent = data.drawing.nodes[i].system + (now.known === "scanned" ? ", scanned" : "");
      inside.replaceChildren(...chips(now));
    });
    step.acts.forEach((act, k) => {
      if (!act.tag) return;
      const target = act.node === undefined ? panels[act.group] : tiles[act.node];
      target.classList.add(`by-${data.agents[k].role}`);
      if (!target.querySelector(":scope > .tags")) target.append(html("div", "tags"));
      target.lastChild.append(html("b", data.agents[k].role, act.tag + (act.ok === false ? " ✕" : "")));
    });
  };
  const paintStanding = (step) => {
    byId("status").textContent = turns();
    byId("services").replaceChildren(
      ...Object.entries(step.picture.services).map(([name, runs]) => html("b", runs ? "chip-running" : "chip-stopped", `${name} ${runs ? "runs" : "is stopped"}`)),
    );
  };

  // The other drawing: a network, on which each agent may touch several nodes and edges in a step.
  let net = null, drawn = null;
  const touched = (step, role) => step.acts.flatMap((act, k) => (data.agents[k].role === role ? act.touched ?? [] : []));
  const paintNetwork = (step) => {
    const protects = new Set(touched(step, "defender").map((at) => at.node));
    const along = touched(step, "attacker");
    const attacks = new Set(along.map((at) => at.node ?? data.drawing.edges[at.edge][1]));
    drawn.parts.forEach((part, i) => {
      const { active, alert } = step.picture.nodes[i];
      const words = [active ? "taken" : "not taken", ...(protects.has(i) ? ["protected"] : []), ...(attacks.has(i) ? ["attacked"] : []), ...(alert ? ["alert"] : [])];
      net.mark(part, {
        protect: protects.has(i) ? 1 : 0,
        active: active ? 1 : 0,
        inside: "",
        protects: protects.has(i) ? "protected" : "",
        attacks: attacks.has(i) ? `attacked${active ? "" : " \u2715"}` : "",
        alert,
        title: `${data.drawing.nodes[i].label}: ${words.join(", ")}`,
      });
    });
    drawn.paths.forEach((path, e) => net.heat(path, along.some((at) => at.edge === e || at.node === data.drawing.edges[e][1])));
  };

  // The course: the defender's return so far, with the turning points below it, the attacker's above the defender's.
  let span = 0;
  const across = (t) => HANDLE + (t / Math.max(last(), 1)) * (span - 2 * HANDLE);
  const drawCourse = () => {
    const svg = byId("course");
    span = svg.parentNode.clientWidth;
    svg.setAttribute("viewBox", `0 0 ${span} ${TALL}`);
    const totals = scene().steps.map((step) => step.total);
    const [low, high] = [Math.min(...totals), Math.max(...totals)];
    const y = (total) => EDGE + ((high - total) / (high - low || 1)) * (TALL - 28 - EDGE);
    const path = totals.map((total, t) => `${t ? "L" : "M"}${across(t).toFixed(1)} ${y(total).toFixed(1)}`).join("");
    const marks = scene().marks.map(({ step, kind, words }) =>
      make("rect", { class: `mark-${kind}`, x: across(step) - 1.5, y: TALL - (kind === "lost" || kind === "running" ? 10 : 20), width: 3, height: 9 }, make("title", {}, `Step ${step}: ${words}`)));
    svg.replaceChildren(
      make("line", { class: "zero", x1: HANDLE, x2: span - HANDLE, y1: y(high), y2: y(high) }),
      make("path", { class: "line", d: path }),
      ...marks,
      make("line", { class: "head", id: "head", y1: 0, y2: TALL }),
      make("circle", { class: "end", id: "dot", r: 4.5 }),
    );
    svg.at = (t) => [across(t), y(totals[t])];
  };

  const paint = () => {
    const step = scene().steps[shown.step];
    const [x, y] = byId("course").at(shown.step);
    for (const side of ["x1", "x2"]) byId("head").setAttribute(side, x);
    byId("dot").setAttribute("cx", x);
    byId("dot").setAttribute("cy", y);
    byId("step").value = shown.step;
    byId("step").setAttribute("aria-valuetext", shown.step ? `step ${shown.step}` : "start");
    byId("step-label").textContent = shown.step ? `Step ${shown.step} of ${last()}` : `Start, ${last()} steps`;
    byId("earlier").disabled = shown.step === 0;
    byId("later").disabled = shown.step === last();
    byId("play").textContent = shown.timer ? "❚❚" : "▶";
    byId("play").setAttribute("aria-label", shown.timer ? "Pause" : "Play");
    document.querySelectorAll(".act .did").forEach((line, k) => {
      if (k === data.agents.length) return;
      const act = step.acts[k];
      line.replaceChildren(act ? act.words : "not yet");
      const how = act && [act.ok === false ? "failed" : act.ok ? "done" : "", act.note].filter(Boolean).join(": ");
      if (how) line.append(html("span", act.ok === false ? "failed" : "done", how));
    });
    byId("reward").replaceChildren(shown.step ? step.rewards[0] : "0", html("span", "", step.parts), html("span", "", `${step.returns[0]} so far`));
    if (drawn) paintNetwork(step);
    else if (data.drawing) paintHosts(step);
    if (data.drawing) paintStanding(step);
    paintTable();
  };
  const paintTable = () => {
    document.querySelectorAll(".steps").forEach((box, k) => {
      box.hidden = k !== shown.scene;
      if (box.hidden) return;
      box.querySelectorAll("tbody tr").forEach((row, t) => row.classList.toggle("current", t + 1 === shown.step));
      const row = box.querySelector(".current");
      box.scrollTop = row ? row.offsetTop - box.clientHeight / 2 : 0;
    });
  };

  const go = (step) => { shown.step = Math.min(Math.max(step, 0), last()); if (shown.step === last()) halt(); paint(); };
  const halt = () => {
    clearInterval(shown.timer);
    shown.timer = 0;
    byId("told").setAttribute("aria-live", "polite");
  };
  const play = () => {
    if (shown.step === last()) shown.step = 0;
    // A screen reader is not to read out what flies by.
    byId("told").setAttribute("aria-live", "off");
    shown.timer = setInterval(() => go(shown.step + 1), PAUSE / SPEEDS[shown.speed]);
    paint();
  };
  const toggle = () => { if (shown.timer) { halt(); paint(); } else play(); };
  const step = (by) => { halt(); go(shown.step + by); };
  const choose = (k) => {
    halt();
    shown.scene = k;
    document.querySelectorAll(".scene").forEach((button, j) => button.setAttribute("aria-pressed", j === k));
    byId("lead").textContent = scene().lead;
    byId("step").max = last();
    drawCourse();
    go(0);
  };

  byId("play").addEventListener("click", toggle);
  byId("earlier").addEventListener("click", () => step(-1));
  byId("later").addEventListener("click", () => step(1));
  byId("step").addEventListener("input", (event) => { halt(); go(Number(event.target.value)); });
  byId("speed").addEventListener("click", () => {
    shown.speed = (shown.speed + 1) % SPEEDS.length;
    byId("speed").textContent = `${SPEEDS[shown.speed]}×`;
    byId("speed").setAttribute("aria-label", `Speed: ${SPEEDS[shown.speed]} times`);
    if (shown.timer) { halt(); play(); }
  });
  byId("course").addEventListener("click", (event) => {
    const share = (event.clientX - byId("course").getBoundingClientRect().left - HANDLE) / (span - 2 * HANDLE);
    halt();
    go(Math.round(share * last()));
  });
  document.querySelectorAll(".scene").forEach((button, k) => button.addEventListener("click", () => choose(k)));
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.tagName === "INPUT") return;
    if (event.key === "ArrowRight") step(1);
    else if (event.key === "ArrowLeft") step(-1);
    else if (event.key === " " && !/^(BUTTON|SUMMARY)$/.test(event.target.tagName)) { event.preventDefault(); toggle(); }
  });
  new ResizeObserver(() => {
    if (byId("course").parentNode.clientWidth === span) return;
    drawCourse();
    if (net) drawn = net.draw();
    paint();
  }).observe(byId("course").parentNode);
  // Without a script there are the tables alone, each with a caption of its own.
  byId("stage").hidden = false;
  document.querySelectorAll(".steps caption").forEach((caption) => { caption.hidden = true; });
  if (data.drawing?.kind === "network") {
    net = networkDrawing(byId("drawing"), data.drawing.nodes, data.drawing.edges);
    drawn = net.draw();
  } else if (data.drawing) build();
  drawCourse();
  paint();
})();
