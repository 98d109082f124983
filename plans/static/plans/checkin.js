// Keeps the answers of a check-in's page on this phone until they have arrived: a save that fails loses nothing.
// Everything works without this file. What is kept goes with the tab, and at the receipt.
"use strict";
(function () {
  const PREFIX = "taperplan:";
  const store = (function () {
    try {
      window.sessionStorage.setItem(PREFIX + "try", "1");
      window.sessionStorage.removeItem(PREFIX + "try");
      return window.sessionStorage;
    } catch (_blocked) {
      return null;
    }
  })();
  if (!store) return;

  function forgetAll() {
    for (const key of Object.keys(store)) if (key.startsWith(PREFIX)) store.removeItem(key);
  }

  if (document.querySelector("[data-all-arrived]")) {
    forgetAll();
    return;
  }
  const form = document.querySelector("form[data-keep]");
  if (!form) return;
  const key = PREFIX + form.dataset.keep;
  const fields = Array.from(form.elements).filter((one) => one.name && one.type !== "hidden" && one.type !== "submit");

  function keep() {
    const answers = {};
    for (const one of fields) {
      if (one.type === "radio" ? one.checked : one.value) answers[one.name] = one.value;
    }
    store.setItem(key, JSON.stringify(answers));
  }

  function putBack() {
    let answers = {};
    try {
      answers = JSON.parse(store.getItem(key) || "{}");
    } catch (_broken) {
      store.removeItem(key);
    }
    let back = false;
    for (const name of Object.keys(answers)) {
      const mine = fields.filter((one) => one.name === name);
      // What the page brought from the server stands.
      if (mine.some((one) => (one.type === "radio" ? one.checked : one.value))) continue;
      for (const one of mine) {
        if (one.type !== "radio") one.value = answers[name];
        else if (one.value === answers[name]) one.checked = true;
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
    if (!offline.hidden) {
      event.preventDefault();
      offline.focus();
    }
  });
})();
