// The picture of a plan answers to mouse and keys; without scripts the forms beside it do the same.
//
// #picture[data-days="form"]   whose days are clicked: the form gets the day and shows it
// click, arrow keys            one day; Page Up and Page Down go by weeks, Home and End to the ends
// drag, Shift with arrow keys  a span, shown when the button is let go or Enter is pressed; Escape leaves it

(function () {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const DAY_MS = 86400000;
  // A press that moves less than this is a click.
  const STILL_PX = 6;
  // How long the cursor rests before its day is fetched.
  const REST_MS = 250;
  const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -7, PageDown: 7 };

  let chosen = null;
  let begun = null;
  let pressed = null;
  // A click follows the end of a drag: it chooses nothing.
  let dragged = false;
  let resting = 0;

  const days = (iso) => Date.parse(iso + "T00:00:00Z") / DAY_MS;
  const iso = (day) => new Date(day * DAY_MS).toISOString().slice(0, 10);

  function scaleOf(svg) {
    const { first, last, left, right } = svg.dataset;
    const span = Math.max(1, days(last) - days(first));
    return { first: days(first), last: days(last), left: +left, width: (right - left) / span };
  }

  function dayAt(svg, clientX) {
    const scale = scaleOf(svg);
    const box = svg.getBoundingClientRect();
    const x = (clientX - box.left) * svg.viewBox.baseVal.width / box.width;
    return Math.min(scale.last, Math.max(scale.first, scale.first + Math.floor((x - scale.left) / scale.width)));
  }

  function mark(svg, name, shape) {
    const old = svg.querySelector("." + name);
    if (old) old.remove();
    if (!shape) return;
    const node = document.createElementNS(SVG, shape.tag);
    node.setAttribute("class", name);
    Object.entries(shape.at).forEach(([key, value]) => node.setAttribute(key, value));
    svg.append(node);
  }

  function draw(svg) {
    const scale = scaleOf(svg);
    const { y, height } = svg.viewBox.baseVal;
    const x = (day) => scale.left + (day - scale.first) * scale.width;
    const middle = chosen === null ? 0 : x(chosen) + scale.width / 2;
    mark(svg, "cursor", chosen === null ? null : { tag: "path", at: { d: `M${middle} ${y + 40}V${y + height - 50}` } });
    mark(svg, "chosen", begun === null || begun === chosen ? null : {
      tag: "rect",
      at: {
        x: x(Math.min(begun, chosen)), y: y + 40, height: height - 90,
        width: (Math.abs(chosen - begun) + 1) * scale.width,
      },
    });
  }

  function form(svg) {
    return document.getElementById(svg.closest("#picture").dataset.days);
  }

  function showDay(svg) {
    clearTimeout(resting);
    const asked = form(svg);
    resting = setTimeout(() => { asked.elements.on.value = iso(chosen); asked.requestSubmit(); }, REST_MS);
  }

  function showSpan(svg) {
    const asked = svg.closest("#picture").querySelector("#span-form");
    const [first, last] = [begun, chosen].sort((one, other) => one - other);
    begun = null;
    asked.elements.from.value = iso(first);
    asked.elements.to.value = iso(Math.max(last, first + 6));
    // The browser's own bounds would refuse the empty days at the edges of the picture without a word here.
    asked.noValidate = true;
    asked.requestSubmit();
  }

  const drawingOf = (target) => target.closest && target.closest("#picture[data-days] .plot")?.querySelector("svg[data-first]");

  document.addEventListener("pointerdown", function (event) {
    const svg = drawingOf(event.target);
    dragged = false;
    if (svg && event.button === 0 && event.pointerType !== "touch") pressed = { svg, x: event.clientX };
  });

  document.addEventListener("pointermove", function (event) {
    if (!pressed || Math.abs(event.clientX - pressed.x) < STILL_PX) return;
    begun = dayAt(pressed.svg, pressed.x);
    chosen = dayAt(pressed.svg, event.clientX);
    draw(pressed.svg);
  });

  document.addEventListener("pointerup", function (event) {
    const was = pressed;
    pressed = null;
    if (!was || Math.abs(event.clientX - was.x) < STILL_PX) return;
    dragged = true;
    showSpan(was.svg);
  });

  document.addEventListener("click", function (event) {
    const step = event.target.closest("#day-place [data-to-day]");
    if (step) {
      event.preventDefault();
      const shown = document.querySelector("#picture .plot svg[data-first]");
      chosen = days(new URL(step.href).searchParams.get("on"));
      document.querySelectorAll("#picture .plot svg[data-first]").forEach(draw);
      showDay(shown);
      return;
    }
    const svg = drawingOf(event.target);
    if (!svg || dragged) return;
    begun = null;
    chosen = dayAt(svg, event.clientX);
    draw(svg);
    showDay(svg);
  });

  document.addEventListener("keydown", function (event) {
    const svg = event.target.matches && event.target.matches(".plot") ? drawingOf(event.target) : null;
    if (!svg || event.ctrlKey || event.metaKey || event.altKey) return;
    const scale = scaleOf(svg);
    const ends = { Home: scale.first, End: scale.last };
    if (event.key in STEPS || event.key in ends) {
      event.preventDefault();
      const from = chosen === null ? days(form(svg).elements.on.value) : chosen;
      const to = event.key in ends ? ends[event.key] : from + STEPS[event.key];
      begun = event.shiftKey ? begun ?? from : null;
      chosen = Math.min(scale.last, Math.max(scale.first, to));
      draw(svg);
      if (!event.shiftKey) showDay(svg);
    } else if (event.key === "Enter" && begun !== null && begun !== chosen) {
      event.preventDefault();
      showSpan(svg);
    } else if (event.key === "Escape") {
      begun = null;
      draw(svg);
    }
  });

  function ready() {
    document.querySelectorAll("#picture[data-days] .plot").forEach((plot) => {
      plot.dataset.ready = "";
      const svg = plot.querySelector("svg[data-first]");
      if (svg && chosen !== null) draw(svg);
    });
    const heading = document.querySelector("#day-place #day h2"), said = document.getElementById("day-said");
    if (heading && said && said.textContent !== heading.textContent) said.textContent = heading.textContent;
  }

  document.addEventListener("DOMContentLoaded", ready);
  document.addEventListener("htmx:after:settle", ready);
})();
