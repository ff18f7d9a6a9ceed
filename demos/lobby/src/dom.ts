/** The few lines of DOM that every part of the page needs. */

export function byId<Kind extends Element>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`index.html has no ${kind.name} named ${id}`);
  return found;
}

export function html<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  ...content: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  element.append(...content);
  return element;
}

export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  className: string,
  attributes: { readonly [name: string]: string | number } = {},
): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  element.setAttribute('class', className);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

export function icon(name: string): SVGSVGElement {
  const drawing = svg('svg', 'icon', { 'aria-hidden': 'true' });
  drawing.append(svg('use', '', { href: `#icon-${name}` }));
  return drawing;
}

export function paint(element: HTMLElement | SVGElement, color: string): void {
  element.style.setProperty('--peer', color);
}

export function prefersCalm(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Up to two letters that stand for a name: "Quiet Otter" is QO, "node-1" is N1. */
export function initials(name: string): string {
  const words = name.split(/[\s\-_]+/u).filter(word => word !== '');
  const letters = words.slice(0, 2).map(word => [...word][0] ?? '');
  return letters.join('').toUpperCase();
}
