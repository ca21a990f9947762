// What can be checked without a library: the rules of accessibility that pages break most often.
() => {
  const problems = [];
  const shown = (node) => node.checkVisibility({ visibilityProperty: true }) && !node.closest("[aria-hidden=true]");
  const nameOf = (node) => {
    const labelled = (node.getAttribute("aria-labelledby") ?? "").split(" ").filter(Boolean);
    const label = labelled.map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
    const own = [...(node.labels ?? [])].map((one) => one.textContent).join(" ");
    const inside = node.textContent + [...node.querySelectorAll("img")].map((image) => image.alt).join(" ");
    return (node.getAttribute("aria-label") || label || own || inside || node.getAttribute("title") || "").trim();
  };
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
  const report = (rule, node) => problems.push(`${rule}: ${node.outerHTML.slice(0, 120)}`);
  for (const node of all("button, a[href], input, textarea, select, summary, [role=menuitem], dialog, [role=group]")) {
    if (!nameOf(node)) report("no name", node);
  }
  for (const image of all("img")) if (!image.hasAttribute("alt")) report("no alternative", image);
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of new Set(ids.filter((one, index) => ids.indexOf(one) !== index))) problems.push(`two elements are #${id}`);
  for (const node of document.querySelectorAll("[aria-labelledby], [aria-describedby], label[for]")) {
    const names = ["aria-labelledby", "aria-describedby", "for"].flatMap((name) => (node.getAttribute(name) ?? "").split(" "));
    for (const id of names.filter(Boolean)) if (!document.getElementById(id)) report(`refers to no #${id}`, node);
  }
  if (all("main").length !== 1) problems.push("not one main");
  if (all("h1").length !== 1) problems.push("not one h1");
  for (const node of all("[tabindex]")) if (node.tabIndex > 0) report("positive tabindex", node);
  for (const node of all("button button, a a, button a, a button")) report("nested controls", node);
  if (!document.documentElement.lang) problems.push("no language");
  return problems;
}
