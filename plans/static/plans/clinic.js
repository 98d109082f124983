// Keyboard and focus for the clinic's pages. Everything here is a shortcut: each page works without it.
//
// data-focus          takes focus when the page (or a part of it) arrives: error summaries
// data-key="n"        a single key that clicks a link or button, or focuses a field ("/")
// data-rows           a table whose rows J and K walk through, Enter opens, C takes
// data-once           a form that is sent once: its button says what is being done (data-busy) and ignores a second press
// data-keep           a text field whose words survive a reload in this tab (sessionStorage), until they are sent
// data-noscript       a button that only a page without scripts needs
// Single keys are off in fields, with modifiers, and when switched off on the settings page (localStorage "keys" = "off").

(function () {
  "use strict";

  function keysAreOff() {
    try {
      return window.localStorage.getItem("keys") === "off";
    } catch (error) {
      return false;
    }
  }

  function isTyping(target) {
    return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  }

  function focusWhatArrived(root) {
    var wanted = root.querySelector("[data-focus]");
    if (wanted) {
      wanted.focus();
    }
  }

  function rows() {
    return Array.prototype.slice.call(document.querySelectorAll("[data-rows] tbody tr:not(.group)"));
  }

  function walk(step) {
    var all = rows();
    if (!all.length) {
      return;
    }
    var at = all.findIndex(function (row) {
      return row.contains(document.activeElement);
    });
    var next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
    var link = next.querySelector("th a");
    if (link) {
      link.focus();
      next.scrollIntoView({ block: "nearest" });
    }
  }

  function inRow(selector) {
    var row = document.activeElement && document.activeElement.closest("[data-rows] tbody tr");
    return row ? row.querySelector(selector) : null;
  }

  function closeKeys() {
    var open = document.querySelector("details.keyhelp[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  }

  function onKey(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) {
      var main = event.target.form.querySelector("[data-send]");
      if (main) {
        event.preventDefault();
        main.click();
      }
      return;
    }
    if (event.key === "Escape") {
      closeKeys();
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || keysAreOff()) {
      return;
    }
    if (event.key === "j" || event.key === "k") {
      event.preventDefault();
      walk(event.key === "j" ? 1 : -1);
      return;
    }
    if (!/^[a-z/?]$/.test(event.key)) {
      return;
    }
    var wanted = inRow('[data-key="' + event.key + '"]') || document.querySelector('[data-key="' + event.key + '"]');
    if (!wanted) {
      return;
    }
    event.preventDefault();
    if (wanted.matches("input:not([type=checkbox]), textarea, select")) {
      wanted.focus();
    } else if (wanted.matches("summary")) {
      wanted.focus();
      wanted.click();
    } else {
      wanted.click();
    }
  }

  // Whoever sits down next in this tab must not find what somebody else typed.
  function forgetAll() {
    try {
      window.sessionStorage.clear();
    } catch (error) {
      return;
    }
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
    forgetWords(form);
    var button = event.submitter;
    if (button) {
      button.setAttribute("aria-busy", "true");
      if (button.dataset.busy) {
        button.textContent = button.dataset.busy;
      }
    }
  }

  // Back from another page: the browser may show this one as it was left, with a form that counts as sent.
  function onShow() {
    document.querySelectorAll("form[data-once][data-sent]").forEach(function (form) {
      delete form.dataset.sent;
      form.querySelectorAll("[aria-busy]").forEach(function (button) {
        button.removeAttribute("aria-busy");
      });
    });
  }

  function settingOfKeys() {
    var box = document.getElementById("single-keys");
    if (!box) {
      return;
    }
    box.hidden = false;
    var input = box.querySelector("input");
    input.checked = !keysAreOff();
    input.addEventListener("change", function () {
      try {
        window.localStorage.setItem("keys", input.checked ? "on" : "off");
      } catch (error) {
        input.checked = true;
      }
    });
  }

  function keptName(field) {
    return "kept:" + window.location.pathname + ":" + field.name;
  }

  function keepWords(root) {
    root.querySelectorAll("textarea[data-keep]").forEach(function (field) {
      try {
        var kept = window.sessionStorage.getItem(keptName(field));
        if (kept && !field.value) {
          field.value = kept;
          var fold = field.closest("details");
          if (fold) {
            fold.open = true;
          }
        }
      } catch (error) {
        return;
      }
    });
  }

  // In a form that is judged as one types, a complaint of the server's about what stood there before is over.
  function forgetProblem(input) {
    var field = input.closest("form[hx-post] .field.wrong");
    if (field) {
      field.classList.remove("wrong");
      field.querySelectorAll(".problem").forEach(function (said) { said.remove(); });
      input.removeAttribute("aria-invalid");
    }
  }

  function onInput(event) {
    forgetProblem(event.target);
    if (event.target.matches("textarea[data-keep]")) {
      try {
        window.sessionStorage.setItem(keptName(event.target), event.target.value);
      } catch (error) {
        return;
      }
    }
  }

  // What is sent comes back with the page if it is refused, so the tab need not keep it.
  function forgetWords(form) {
    form.querySelectorAll("textarea[data-keep]").forEach(function (field) {
      try {
        window.sessionStorage.removeItem(keptName(field));
      } catch (error) {
        return;
      }
    });
  }

  // A picture wider than its frame begins where today can be seen; who has moved it is not moved again.
  function showToday(root) {
    root.querySelectorAll(".plot").forEach(function (frame) {
      var today = frame.querySelector(".todaybox");
      if (!today || frame.scrollWidth <= frame.clientWidth || frame.scrollLeft) {
        return;
      }
      var left = today.getBoundingClientRect().left - frame.getBoundingClientRect().left;
      frame.scrollLeft = Math.max(0, left - frame.clientWidth * 0.6);
    });
  }

  function hideWithoutNeed(root) {
    root.querySelectorAll("[data-noscript]").forEach(function (button) {
      button.hidden = true;
    });
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("input", onInput);
  document.addEventListener("submit", onSubmit);
  window.addEventListener("pageshow", onShow);
  document.addEventListener("htmx:afterSettle", function (event) {
    focusWhatArrived(event.target);
    showToday(document);
    hideWithoutNeed(document);
  });
  document.addEventListener("DOMContentLoaded", function () {
    keepWords(document);
    hideWithoutNeed(document);
    showToday(document);
    focusWhatArrived(document);
    settingOfKeys();
  });
})();
