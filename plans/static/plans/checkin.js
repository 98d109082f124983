// Keeps the answers of a check-in's page on this phone until they have arrived: a save that fails loses nothing.
// Everything works without this file. What is kept goes with the tab, and at the receipt.
"use strict";
(function () {
  // What came as the answer to a form gets an address of its own, so that the back button asks for no form to be sent
  // again.
  const here = document.querySelector("[data-here]");
  if (here) window.history.replaceState(null, "", here.dataset.here);

  const PREFIX = "taperplan:";
  const store = (function () {
    try {
      window.sessionStorage.setItem(PREFIX + "try", "1");
      window.sessionStorage.removeItem(PREFIX + "try");
      return window.sessionStorage;
    } catch (_blocked) {
      // What follows is done all the same, for this page alone.
      const kept = new Map();
      return {
        getItem: (name) => kept.get(name) ?? null,
        setItem: (name, value) => kept.set(name, value),
        removeItem: (name) => kept.delete(name),
      };
    }
  })();

  function forgetAll() {
    for (const key of Object.keys(store)) if (key.startsWith(PREFIX)) store.removeItem(key);
  }

  if (document.querySelector("[data-all-arrived]")) {
    forgetAll();
    return;
  }
  const SENT = PREFIX + "sent";
  if (document.querySelector("[data-arrived]")) {
    const arrived = store.getItem(SENT);
    if (arrived) store.removeItem(arrived);
    store.removeItem(SENT);
    return;
  }
  const form = document.querySelector("form[data-keep]");
  if (!form) return;
  const key = PREFIX + form.dataset.keep;
  const fields = Array.from(form.elements).filter((one) => one.name && one.type !== "hidden" && one.type !== "submit");

  // The page after one that was sent is the sign that it arrived; the same page again is the sign that it did not, and
  // a page one went back to is a sign of nothing.
  const sent = store.getItem(SENT);
  const came = window.performance.getEntriesByType("navigation")[0];
  if (sent && sent !== key && !(came && came.type === "back_forward")) store.removeItem(sent);
  store.removeItem(SENT);

  function chosen() {
    const answers = {};
    for (const one of fields) {
      if (one.type === "radio" ? one.checked : one.value) answers[one.name] = one.value;
    }
    return answers;
  }

  const brought = JSON.stringify(chosen());

  let kept = {};
  try {
    kept = JSON.parse(store.getItem(key) || "{}");
  } catch (_broken) {
    store.removeItem(key);
  }
  // Shown again because it was not saved, the page brings what was typed, not what the server has.
  const stands = sent === key && kept.brought ? kept.brought : brought;

  function put(name, value) {
    try {
      store.setItem(name, value);
    } catch (_full) {
      // It can still be sent.
    }
  }

  function keep() {
    put(key, JSON.stringify({ answers: chosen(), brought: stands }));
  }

  function putBack() {
    // What was changed here and did not arrive goes before what the server still has; what changed there meanwhile stands.
    const unchanged = kept.brought === brought;
    let back = false;
    for (const [name, value] of Object.entries(kept.answers || {})) {
      const mine = fields.filter((one) => one.name === name);
      const there = mine.find((one) => (one.type === "radio" ? one.checked : one.value));
      if (there && (there.value === value || !unchanged)) continue;
      for (const one of mine) {
        if (one.type !== "radio") one.value = value;
        else if (one.value === value) one.checked = true;
        else continue;
        back = true;
      }
    }
    if (back) document.getElementById("put-back").hidden = false;
  }

  putBack();
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);
  form.addEventListener("submit", function (event) {
    keep();
    const offline = document.getElementById("offline");
    offline.hidden = navigator.onLine !== false;
    if (offline.hidden) {
      put(SENT, key);
    } else {
      event.preventDefault();
      offline.focus();
    }
  });
})();
