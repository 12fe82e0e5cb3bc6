/** An element with properties and children. Text is only ever set as text. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Record<string, unknown>,
  ...children: Node[]
): HTMLElementTagNameMap[K] {
  const { ariaLabelledby, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  if (ariaLabelledby) {
    element.setAttribute('aria-labelledby', String(ariaLabelledby));
  }
  element.append(...children);
  return element;
}

/** What stands between backticks as code. */
export function prose(text: string): Node[] {
  return text.split('`').map((part, i) => (i % 2 ? el('code', { textContent: part }) : document.createTextNode(part)));
}
