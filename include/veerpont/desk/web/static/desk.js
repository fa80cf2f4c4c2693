// The theme of the Airflow around this page: its <html> has the class "dark" or "light". By itself, what the system says.
(() => {
  const root = document.documentElement;
  let outside = null;
  try {
    outside = window.parent !== window ? window.parent.document.documentElement : null;
  } catch {
    outside = null; // another site's frame: it may not be looked at
  }
  const system = matchMedia("(prefers-color-scheme: dark)");
  const saved = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  };
  const dark = () => {
    if (outside?.classList.contains("dark")) return true;
    if (outside?.classList.contains("light")) return false;
    const theme = saved();
    return theme === "dark" || (theme !== "light" && system.matches);
  };
  const dress = () => root.setAttribute("data-theme", dark() ? "dark" : "light");
  dress();
  system.addEventListener("change", dress);
  if (outside) {
    root.classList.add("framed");
    new MutationObserver(dress).observe(outside, { attributeFilter: ["class"] });
  }
  addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("form[data-once]").forEach((form) =>
      form.addEventListener("submit", (event) => {
        if (form.dataset.sent) event.preventDefault();
        form.dataset.sent = "yes";
      }),
    );
    document.querySelector("nav [aria-current=page]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    document.querySelectorAll("form[data-filter] select").forEach((select) =>
      select.addEventListener("change", () => select.form.requestSubmit()),
    );
  });
})();
