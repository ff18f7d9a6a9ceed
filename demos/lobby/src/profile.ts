/** Who this tab says it is: a friendly name and a color, made up at first, kept for this tab, changed at will. */
import { byId, html, initials, paint } from './dom.ts';
import { COLORS, MAX_NAME, readName } from './model.ts';

export interface Profile {
  readonly name: string;
  readonly color: string;
}

const STORED = 'hearsay-lobby-profile';
const ADJECTIVES = 'Quiet Bright Gentle Brave Merry Swift Calm Curious Jolly Keen Lucky Nimble Sunny Witty'.split(' ');
const ANIMALS = 'Otter Heron Fox Lynx Robin Badger Wren Marten Hare Seal Finch Stoat Owl Beaver'.split(' ');

/** The last profile of this tab, or a made-up one, which is kept from now on. */
export function loadProfile(): Profile {
  const profile = { name: `${anyOf(ADJECTIVES)} ${anyOf(ANIMALS)}`, color: anyOf(COLORS), ...kept() };
  keep(profile);
  return profile;
}

function kept(): Partial<Profile> {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(STORED) ?? 'null');
    if (typeof stored !== 'object' || stored === null) return {};
    const name = 'name' in stored ? readName(stored.name) : undefined;
    const color = COLORS.find(known => 'color' in stored && stored.color === known);
    return { ...(name === undefined ? {} : { name }), ...(color === undefined ? {} : { color }) };
  } catch {
    // Storage may be forbidden, or hold what an older page left.
    return {};
  }
}

/** Shows the profile in the header and lets the visitor change it; `onChange` hears every change. */
export function showProfile(first: Profile, onChange: (profile: Profile) => void): void {
  const button = byId('you', HTMLButtonElement);
  const form = byId('profile', HTMLFormElement);
  const input = byId('profile-name', HTMLInputElement);
  const avatar = byId('you-avatar', HTMLSpanElement);
  const label = byId('you-name', HTMLSpanElement);
  let profile = first;

  const show = (): void => {
    label.textContent = profile.name;
    avatar.textContent = initials(profile.name);
    button.setAttribute('aria-label', `You are ${profile.name}. Change your name and colour`);
    paint(button, profile.color);
  };
  const change = (patch: Partial<Profile>): void => {
    profile = { ...profile, ...patch };
    show();
    keep(profile);
    onChange(profile);
  };

  input.maxLength = MAX_NAME;
  input.addEventListener('change', () => {
    const name = readName(input.value);
    if (name !== undefined && name !== profile.name) change({ name });
  });
  byId('profile-colors', HTMLDivElement).append(
    ...COLORS.map((color, i) => swatch(color, i + 1, profile.color === color, () => change({ color }))),
  );
  form.addEventListener('submit', event => {
    event.preventDefault();
    form.hidePopover();
  });
  form.addEventListener('toggle', event => {
    if (event.newState !== 'open') return;
    input.value = profile.name;
    input.select();
  });
  form.addEventListener('beforetoggle', () => place(form, button));
  show();
}

function swatch(color: string, number: number, checked: boolean, choose: () => void): HTMLElement {
  const input = html('input', '');
  input.type = 'radio';
  input.name = 'color';
  input.checked = checked;
  input.setAttribute('aria-label', `Colour ${number} of ${COLORS.length}`);
  input.addEventListener('change', choose);
  paint(input, color);
  return input;
}

/** Under the button, and inside the window. */
function place(form: HTMLElement, button: HTMLElement): void {
  const { bottom, left } = button.getBoundingClientRect();
  form.style.setProperty('--top', `${Math.round(bottom + 8)}px`);
  form.style.setProperty('--left', `${Math.round(left)}px`);
}

function keep(profile: Profile): void {
  try {
    sessionStorage.setItem(STORED, JSON.stringify(profile));
  } catch {
    // Without storage the name lasts until the tab is reloaded.
  }
}

function anyOf(choices: readonly string[]): string {
  return choices[Math.floor(Math.random() * choices.length)] ?? '';
}
