/* Starts django-allauth's passkey scripts, and shows what they would only write to the console.

   <div data-passkey="loginForm" data-login="id of the button" data-credential="id of the hidden field"> */
"use strict";

for (const place of document.querySelectorAll("[data-passkey]")) {
  const { passkey, ...ids } = place.dataset;
  window.allauth.webauthn.forms[passkey]({ ids });
}

document.addEventListener("allauth.error", (event) => {
  const problem = document.getElementById("passkey-problem");
  if (problem) {
    event.preventDefault();
    problem.hidden = false;
  }
});
