// What htmx leaves open. Its morphing keeps focus, caret, typed words and what was folded open (see parts/head.html);
// hx-sync lets one question at a time go out, the newest last. Beside that:
//
// - An answer waits while something is pressed, a list is open, or a form is on its way: a button must not move or be
//   renamed between press and release, nor a list change under the finger.
// - An answer about what stood in a form before its last change is not shown: it would undo what was typed or ticked
//   meanwhile. The next one is asked for already.
// - Ticks and choices are those of the answer, also in a field that a person touched when it stood for something else.
// - When there is no answer the page says so (#unheard), and its button asks again.

(function () {
  "use strict";

  const IN_THE_WAY = ":is(:active, select:open, form[data-sent])";
  // How often that is looked at, and how long a touch screen may take from the release to the click.
  const LOOK_MS = 50;
  const TAP_MS = 700;
  // A page that is being left hears no answer either; what is said then would only flash.
  const SAY_AFTER_MS = 1000;

  const changes = new WeakMap();
  let tapped = -TAP_MS;
  let silence = 0;

  async function nothingInTheWay() {
    while (document.querySelector(IN_THE_WAY) || performance.now() - tapped < TAP_MS) {
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
  }

  function say(unheard) {
    clearTimeout(silence);
    const note = document.getElementById("unheard");
    if (note) silence = setTimeout(() => { note.hidden = !unheard; }, unheard ? SAY_AFTER_MS : 0);
  }

  document.addEventListener("pointerup", (event) => { if (event.pointerType !== "mouse") tapped = performance.now(); }, true);
  document.addEventListener("click", () => { tapped = -TAP_MS; }, true);
  // Safari knows :active on a touch screen only where somebody listens to touches.
  document.addEventListener("touchstart", () => {}, { passive: true });

  // Words that nobody judges (reasons, notes) ask for nothing new, so that nothing newer is to be waited for.
  document.addEventListener("input", function ({ target }) {
    if (!target.form || target.matches("textarea[data-keep], [hx-morph-skip]")) return;
    changes.set(target.form, (changes.get(target.form) || 0) + 1);
  }, true);

  document.addEventListener("htmx:config:request", function ({ detail: { ctx } }) {
    ctx.asked = changes.get(ctx.sourceElement);
    ctx.fetch = async function (address, request) {
      const answer = await fetch(address, request);
      const words = await answer.text();
      clearTimeout(ctx.requestTimeout);
      await nothingInTheWay();
      answer.text = () => words;
      return answer;
    };
  });

  document.addEventListener("htmx:after:request", function (event) {
    const failed = event.detail.ctx.response.status >= 400;
    say(failed);
    if (failed) event.preventDefault();
  });

  document.addEventListener("htmx:before:swap", function (event) {
    const { ctx } = event.detail;
    if (ctx.asked !== changes.get(ctx.sourceElement)) event.preventDefault();
  });

  document.addEventListener("htmx:error", () => say(true));

  htmx.registerExtension("answered", {
    htmx_before_morph_node(old, { newNode }) {
      if (/^(checkbox|radio)$/.test(old.type)) old.checked = newNode.checked;
      if (old instanceof HTMLOptionElement) old.selected = newNode.selected;
    },
  });

  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-again]")) return;
    const form = document.querySelector("form[hx-post]");
    if (form) htmx.trigger(form, "again");
    else location.reload();
  });
})();
