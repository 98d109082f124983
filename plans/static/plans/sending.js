// Forms on their way: each is sent once, and nothing that was typed is lost on the way.
//
// data-once           a form that is sent once: its button says what is being done (data-busy) and ignores a second press.
//                     When no page has come (stopped, or nothing heard for long) it can be pressed again
// data-keep           a text field whose words are kept in this tab (sessionStorage) until a page says that what was sent
//                     has arrived (data-arrived)
// data-keep-choices   a form that saves itself as one chooses: what was chosen is kept in this tab until it has been saved,
//                     and chosen again where the page has no answer to that question

(function () {
  "use strict";

  // A line this slow is more likely broken; what is sent twice is told apart by the server.
  var PATIENCE_MS = 20000;
  var SENT = "sent";
  var busy = new WeakMap();

  function store() {
    try {
      return window.sessionStorage;
    } catch (error) {
      return null;
    }
  }

  function put(name, value) {
    try {
      store().setItem(name, value);
    } catch (error) {
      return;
    }
  }

  // Whoever sits down next in this tab must not find what somebody else typed.
  function forgetAll() {
    if (store()) {
      store().clear();
    }
  }

  function keptName(field) {
    return "kept:" + window.location.pathname + ":" + field.name;
  }

  function fieldsKept(root) {
    return Array.from(root.querySelectorAll("textarea[data-keep]"));
  }

  function putBackWords() {
    if (!store()) {
      return;
    }
    fieldsKept(document).forEach(function (field) {
      var kept = store().getItem(keptName(field));
      if (kept && !field.value) {
        field.value = kept;
        var fold = field.closest("details");
        if (fold) {
          fold.open = true;
        }
      }
    });
  }

  // A page that came after a form was sent is no sign that the form arrived: it may be a sign-in, or the form's own page
  // again after a line that broke. Only a page that says what was done lets its words go.
  function arrived() {
    var sent = store() && store().getItem(SENT);
    if (!sent) {
      return;
    }
    store().removeItem(SENT);
    if (document.querySelector("[data-arrived]")) {
      sent.split("\n").forEach(function (name) { store().removeItem(name); });
    }
  }

  function free(form) {
    delete form.dataset.sent;
    var was = busy.get(form);
    if (was) {
      busy.delete(form);
      window.clearTimeout(was.timer);
      if (was.button) {
        was.button.removeAttribute("aria-busy");
        was.button.replaceChildren.apply(was.button, was.words);
      }
    }
  }

  function freeAll() {
    document.querySelectorAll("form[data-once][data-sent]").forEach(free);
  }

  function onSubmit(event) {
    var form = event.target;
    if (form.matches("[action$='/accounts/logout/']")) {
      forgetAll();
    }
    if (!form.matches("[data-once]")) {
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    var words = fieldsKept(form).map(keptName);
    if (words.length) {
      put(SENT, words.join("\n"));
    }
    var button = event.submitter;
    busy.set(form, {
      button: button,
      words: button ? Array.from(button.childNodes) : [],
      timer: window.setTimeout(function () { free(form); }, PATIENCE_MS)
    });
    if (button) {
      button.setAttribute("aria-busy", "true");
      if (button.dataset.busy) {
        button.textContent = button.dataset.busy;
      }
    }
  }

  // Choices of a form that saves itself. What the page brings as answered stands.
  function choiceName(field) {
    return "chosen:" + window.location.pathname + ":" + field.name;
  }

  function keepChoice(field) {
    if (field.form && field.form.matches("[data-keep-choices]") && (field.type === "radio" || field.matches("select"))) {
      put(choiceName(field), field.value);
    }
  }

  function choices(form) {
    return Array.from(form.elements).filter(function (field) { return field.type === "radio" || field.matches("select"); });
  }

  function forgetChoices(form) {
    choices(form).forEach(function (field) { store().removeItem(choiceName(field)); });
  }

  function putBackChoices() {
    document.querySelectorAll("form[data-keep-choices]").forEach(function (form) {
      var answered = new Set(choices(form).filter(function (field) {
        return field.type === "radio" ? field.checked : field.value;
      }).map(function (field) { return field.name; }));
      var back = null;
      choices(form).forEach(function (field) {
        var kept = answered.has(field.name) ? null : store().getItem(choiceName(field));
        if (kept && field.matches("select")) {
          field.value = kept;
          back = field;
        } else if (kept && field.value === kept) {
          field.checked = true;
          back = field;
        }
      });
      if (back) {
        back.dispatchEvent(new Event("input", { bubbles: true }));
      }
    });
  }

  document.addEventListener("submit", onSubmit);
  document.addEventListener("htmx:after:swap", function () {
    if (store()) {
      document.querySelectorAll("form[data-keep-choices]").forEach(forgetChoices);
    }
  });
  document.addEventListener("input", function (event) {
    if (event.target.matches("textarea[data-keep]")) {
      put(keptName(event.target), event.target.value);
    }
    keepChoice(event.target);
  });
  // The key that stops a page from loading.
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      freeAll();
    }
  });
  // Back from another page: the browser may show this one as it was left, with a form that counts as sent.
  window.addEventListener("pageshow", freeAll);
  document.addEventListener("DOMContentLoaded", function () {
    arrived();
    putBackWords();
    if (store()) {
      // Not before htmx listens.
      window.setTimeout(putBackChoices, 0);
    }
  });
})();
