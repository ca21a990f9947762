// Text whose contrast against its nearest opaque ground is under 4.5, by WCAG 2.
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const groundOf = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const layer = rgba(getComputedStyle(at).backgroundColor);
      layers.push(layer);
      if (layer[3] === 255) break;
    }
    const over = (under, [r, g, b, alpha]) => [r, g, b].map((value, i) => (value * alpha + under[i] * (255 - alpha)) / 255);
    return layers.reverse().reduce(over, [255, 255, 255]);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const poor = new Set();
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.textContent.trim() || !node.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (node.closest("script, style, :disabled, .visually-hidden, .run--sending, [aria-hidden=true]")) continue;
    const [one, two] = [light(rgba(getComputedStyle(node).color)), light(groundOf(node))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (two + 0.05);
    const words = text.textContent.trim().slice(0, 40);
    if (ratio < 4.5) poor.add(`${ratio.toFixed(2)} ${node.className || node.tagName}: ${words}`);
  }
  return [...poor];
}
