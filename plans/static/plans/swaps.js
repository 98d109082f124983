// A part of a page never changes under a finger. A button that is replaced between press and release gets no click:
// the press would be lost without a word. What arrives while something in its place is pressed waits until it is let go,
// and is forgotten when letting go has sent the form, because a new page is on its way then.

(function () {
  "use strict";

  var pressed = null;
  var waiting = null;

  function press(event) {
    pressed = event.target;
  }

  // The click comes after the release, in the same turn or, from a touch screen, a little later.
  function release() {
    window.setTimeout(function () {
      pressed = null;
      var kept = waiting;
      waiting = null;
      if (kept && kept.target.isConnected && !kept.sent()) {
        window.htmx.swap(kept.target, kept.content, { swapStyle: kept.style, swapDelay: 0, settleDelay: 20 }, { select: kept.select });
      }
    }, 60);
  }

  function inherited(element, name) {
    var holder = element.closest("[" + name + "]");
    return holder ? holder.getAttribute(name) : null;
  }

  function beforeSwap(event) {
    var target = event.detail.target;
    if (!pressed || !event.detail.shouldSwap || !target.contains(pressed)) {
      return;
    }
    var form = pressed.closest("form");
    waiting = {
      target: target,
      content: event.detail.serverResponse,
      style: (inherited(event.detail.requestConfig.elt, "hx-swap") || "innerHTML").split(" ")[0],
      select: inherited(event.detail.requestConfig.elt, "hx-select"),
      sent: function () { return Boolean(form && form.dataset.sent); }
    };
    event.detail.shouldSwap = false;
  }

  function pressKey(event) {
    if (event.key === " " && event.target.matches("button")) {
      press(event);
    }
  }

  function releaseKey(event) {
    if (event.key === " " && pressed) {
      release();
    }
  }

  document.addEventListener("pointerdown", press, true);
  document.addEventListener("pointerup", release, true);
  document.addEventListener("pointercancel", release, true);
  document.addEventListener("keydown", pressKey, true);
  document.addEventListener("keyup", releaseKey, true);
  window.addEventListener("blur", release);
  document.addEventListener("htmx:beforeSwap", beforeSwap);
})();
