"use strict";
// Keys, and folded cards that open when a link leads into them. Every page works without.

const typing = (node) => node.closest("input, select, textarea") !== null;

function openTarget() {
  const name = decodeURIComponent(location.hash.slice(1));
  const target = name ? document.getElementById(name) : null;
  if (target === null) return;
  for (let card = target.closest("details"); card !== null; card = card.parentElement.closest("details")) {
    card.open = true;
  }
  target.scrollIntoView({ block: "center" });
  if (!target.hasAttribute("tabindex")) target.setAttribute("tabindex", "-1");
  target.focus({ preventScroll: true });
}

function step(selector, by) {
  const places = [...document.querySelectorAll(selector)];
  if (places.length === 0) return;
  const at = places.findIndex((place) => place.classList.contains("current"));
  const next = places[Math.min(places.length - 1, Math.max(0, at + by))];
  document.querySelectorAll(".current").forEach((place) => place.classList.remove("current"));
  next.classList.add("current");
  const card = next.closest("details");
  if (card !== null) card.open = true;
  next.scrollIntoView({ block: "center" });
  if (!next.hasAttribute("tabindex")) next.setAttribute("tabindex", "-1");
  next.focus({ preventScroll: true });
}

function follow(key) {
  const link = document.querySelector(`a[data-key="${key}"]`);
  if (link !== null) link.click();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("search")?.focus();
  } else if (event.key === "j") step("article.turn", 1);
  else if (event.key === "k") step("article.turn", -1);
  else if (event.key === "c") step("tr.cited, div.cited, li.cited", 1);
  else if (event.key === "n" || event.key === "p") follow(event.key);
});
window.addEventListener("hashchange", openTarget);
document.addEventListener("DOMContentLoaded", openTarget);
