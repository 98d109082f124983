// Parts of a page that come anew never get in a person's way.
//
// - An answer waits while something is pressed, a list is open, or a form is on its way. A button that is replaced or
//   moved between press and release gets no click: the press would be lost without a word.
// - An answer about what stood in a form before its last change is not shown. The next one is asked for already, and the
//   old one would undo what was typed or ticked meanwhile.
// - The focus stays where it was, also without an id; what was folded open stays open (details with an id).
// - When there is no answer the page says so (#unheard), and its button asks again.

(function () {
  "use strict";

  // How long a touch screen may take from the release to the click.
  var TAP_MS = 700;
  // A page that is being left hears no answer either; what is said then would only flash.
  var SAY_AFTER_MS = 1000;
  var OPEN = window.CSS && CSS.supports("selector(select:open)") ? "select:open, form[data-sent]" : "form[data-sent]";
  var LOOK_MS = 250;

  var held = new Set();
  var waiting = [];
  var look = 0;
  var tap = 0;
  var silence = 0;
  var changes = new WeakMap();
  var asked = new WeakMap();

  function inTheWay() {
    return held.size > 0 || tap !== 0 || document.querySelector(OPEN) !== null;
  }

  function letGo() {
    while (waiting.length && !inTheWay()) {
      waiting.shift()();
    }
    // A list that is closed by a key tells nobody.
    window.clearTimeout(look);
    look = waiting.length ? window.setTimeout(letGo, LOOK_MS) : 0;
  }

  // After whatever the browser still does in this turn: the click of a mouse comes with its release.
  function soon() {
    if (waiting.length) {
      window.setTimeout(letGo, 0);
    }
  }

  function endTap() {
    window.clearTimeout(tap);
    tap = 0;
    letGo();
  }

  function press(event) {
    if (event.button !== 0 && event.button !== 1) {
      return;
    }
    if (event.isPrimary) {
      held.clear();
    }
    window.clearTimeout(tap);
    tap = 0;
    held.add(event.pointerId);
  }

  function release(event) {
    if (!held.delete(event.pointerId)) {
      return;
    }
    if (event.type === "pointerup" && event.pointerType !== "mouse") {
      tap = window.setTimeout(endTap, TAP_MS);
    }
    soon();
  }

  function clicked() {
    if (tap) {
      window.setTimeout(endTap, 0);
    }
    soon();
  }

  // A release that nobody heard of, over a menu or outside the window.
  function move(event) {
    if (event.buttons === 0 && held.has(event.pointerId)) {
      held.delete(event.pointerId);
    }
    soon();
  }

  function forget() {
    held.clear();
    soon();
  }

  // The space bar presses as a pointer does: down and up.
  function key(event) {
    if (event.key === " " && event.type === "keydown" && !event.target.matches("textarea, input:not([type=checkbox], [type=radio])")) {
      held.add("space");
    } else if (event.key === " " && event.type === "keyup") {
      held.delete("space");
    }
    soon();
  }

  // Words that nobody judges (reasons, notes) ask for nothing new, so that nothing newer is to be waited for.
  function changed(event) {
    var form = event.target.form;
    if (form && form.matches("[hx-post]") && !event.target.matches("textarea[data-keep], textarea[hx-preserve]")) {
      changes.set(form, (changes.get(form) || 0) + 1);
    }
  }

  function listen(event) {
    var request = event.detail.xhr;
    var answered = request.onload;
    asked.set(request, changes.get(event.detail.elt));
    request.onload = function () {
      waiting.push(function () { show(function () { answered.call(request); }); });
      letGo();
    };
  }

  function onlyTheNewest(event) {
    var form = event.detail.requestConfig.elt;
    if (asked.get(event.detail.xhr) !== changes.get(form)) {
      event.detail.shouldSwap = false;
    }
  }

  // The same field in what has come: by id, else by name and, where several bear it, by value.
  function counterpart(field) {
    if (!field.name) {
      return null;
    }
    var same = Array.from(document.getElementsByName(field.name));
    return same.find(function (one) { return !/^(checkbox|radio|submit)$/.test(field.type) || one.value === field.value; });
  }

  function show(load) {
    var focused = document.activeElement;
    var caret = focused ? [focused.selectionStart, focused.selectionEnd] : [];
    var folds = Array.from(document.querySelectorAll("details[id]"), function (one) { return [one, one.open]; });
    load();
    folds.forEach(function (pair) {
      var now = document.getElementById(pair[0].id);
      if (now && now !== pair[0]) {
        now.open = pair[1];
      }
    });
    if (!focused || focused === document.body || document.activeElement !== document.body) {
      return;
    }
    var again = focused.isConnected ? focused : counterpart(focused);
    if (again) {
      again.focus({ preventScroll: true });
      if (typeof caret[0] === "number" && again.setSelectionRange) {
        again.setSelectionRange(caret[0], caret[1]);
      }
    }
  }

  function say(unheard) {
    window.clearTimeout(silence);
    var note = document.getElementById("unheard");
    if (note && note.hidden === unheard) {
      silence = window.setTimeout(function () { note.hidden = !unheard; }, unheard ? SAY_AFTER_MS : 0);
    }
  }

  function askAgain(event) {
    if (!event.target.closest("[data-again]")) {
      return;
    }
    var form = document.querySelector("form[hx-post]");
    if (form) {
      window.htmx.trigger(form, "again");
    } else {
      window.location.reload();
    }
  }

  document.addEventListener("pointerdown", press, true);
  document.addEventListener("pointerup", release, true);
  document.addEventListener("pointercancel", release, true);
  document.addEventListener("pointermove", move, { capture: true, passive: true });
  document.addEventListener("click", clicked, true);
  document.addEventListener("click", askAgain);
  document.addEventListener("keydown", key, true);
  document.addEventListener("keyup", key, true);
  document.addEventListener("dragend", forget, true);
  document.addEventListener("focusout", soon, true);
  document.addEventListener("change", soon, true);
  document.addEventListener("input", changed, true);
  document.addEventListener("sent:over", soon);
  window.addEventListener("blur", forget);
  document.addEventListener("htmx:beforeRequest", listen);
  document.addEventListener("htmx:beforeSwap", onlyTheNewest);
  document.addEventListener("htmx:afterRequest", function (event) {
    if (event.detail.successful) {
      say(false);
    }
  });
  ["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach(function (name) {
    document.addEventListener(name, function () { say(true); });
  });
})();
