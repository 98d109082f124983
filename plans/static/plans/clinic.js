// Keyboard and focus for the clinic's pages. Everything here is a shortcut: each page works without it.
//
// data-key="n"        a single key that clicks a link or button, or focuses a field ("/")
// data-copy="id"      a button, shown only with scripts, that copies the text of a field and says so (data-copied)
// data-filter="id"    a field, shown only with scripts, that leaves those options of a list that hold what is typed, and
//                     those that are ticked
// data-rows           a table whose rows J and K walk through, Enter opens, C takes
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

  // In a form that is judged as one types, a complaint of the server's about what stood there before is over.
  function forgetProblem(input) {
    var field = input.closest("form[hx-post] .field.wrong");
    if (field) {
      field.classList.remove("wrong");
      field.querySelectorAll(".problem").forEach(function (said) { said.remove(); });
      input.removeAttribute("aria-invalid");
    }
  }

  // A picture wider than its frame begins where today can be seen; who has moved it is not moved again.
  function showToday() {
    document.querySelectorAll(".plot").forEach(function (frame) {
      var today = frame.querySelector(".todaybox");
      if (!today || frame.scrollWidth <= frame.clientWidth || frame.scrollLeft) {
        return;
      }
      var left = today.getBoundingClientRect().left - frame.getBoundingClientRect().left;
      frame.scrollLeft = Math.max(0, left - frame.clientWidth * 0.6);
    });
  }

  function filters() {
    document.querySelectorAll("input[data-filter]").forEach(function (input) {
      var list = document.getElementById(input.dataset.filter);
      input.hidden = !list;
      input.addEventListener("input", function () {
        var wanted = input.value.trim().toLowerCase();
        list.querySelectorAll("label").forEach(function (label) {
          var ticked = label.querySelector("input").checked;
          label.hidden = !ticked && label.textContent.toLowerCase().indexOf(wanted) < 0;
        });
      });
    });
  }

  function copyButtons() {
    document.querySelectorAll("[data-copy]").forEach(function (button) {
      var field = document.getElementById(button.dataset.copy);
      button.hidden = !navigator.clipboard;
      button.addEventListener("click", function () {
        field.select();
        navigator.clipboard.writeText(field.value).then(function () {
          button.textContent = button.dataset.copied;
        });
      });
    });
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("input", function (event) { forgetProblem(event.target); });
  document.addEventListener("htmx:after:settle", showToday);
  document.addEventListener("DOMContentLoaded", function () {
    showToday();
    settingOfKeys();
    filters();
    copyButtons();
  });
})();
