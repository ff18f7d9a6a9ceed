/**
 * A list of different texts that knows where each of them stands. A map from texts to numbers takes 28 to 57 bytes for
 * each; this takes 5 to 21: a table of places alone, searched from where a hash points (Knuth, volume 3, section 6.4,
 * algorithms L and R), for the texts themselves are in the list.
 */
export class IndexedList<T extends string> {
  readonly #items: T[] = [];
  /** Texts are for strangers to choose: who knew it could make thousands of them be searched one by one. */
  readonly #salt: number;
  /** Places, counted from 1; 0: nothing. Its length is a power of two. */
  #table = new Int32Array(LEAST_SLOTS);

  constructor(salt: number) {
    this.#salt = salt;
  }

  /** To be read only. Its order is that of coming, but for those that took the place of one that went. */
  get items(): readonly T[] {
    return this.#items;
  }

  has(item: T): boolean {
    return this.#table[this.#slotOf(item)] !== 0;
  }

  /** False: it was there. */
  add(item: T): boolean {
    const slot = this.#slotOf(item);
    if (this.#table[slot] !== 0) return false;
    this.#table[slot] = this.#items.push(item);
    if (this.#items.length > MOST_FULL * this.#table.length) this.#rebuild(2 * this.#table.length);
    return true;
  }

  /** The last one takes the place. False: it was not there. */
  delete(item: T): boolean {
    const slot = this.#slotOf(item);
    const place = this.#table[slot]!;
    if (place === 0) return false;
    this.#vacate(slot);
    const last = this.#items.pop()!;
    if (last !== item) {
      this.#table[this.#slotOfPlace(last, this.#items.length + 1)] = place;
      this.#items[place - 1] = last;
    }
    const slots = this.#table.length;
    if (slots > LEAST_SLOTS && this.#items.length < LEAST_FULL * slots) this.#rebuild(slots / 2);
    return true;
  }

  /** Where it stands in the table, or where it would. */
  #slotOf(item: T): number {
    const table = this.#table;
    let slot = this.#homeOf(item);
    for (let place = table[slot]!; place !== 0 && this.#items[place - 1] !== item; place = table[slot]!) {
      slot = this.#after(slot);
    }
    return slot;
  }

  #slotOfPlace(item: T, place: number): number {
    let slot = this.#homeOf(item);
    while (this.#table[slot] !== place) slot = this.#after(slot);
    return slot;
  }

  /** What stands behind the gap and would not be found across it moves into it, and so on. */
  #vacate(slot: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let gap = slot;
    for (let next = this.#after(gap); table[next] !== 0; next = this.#after(next)) {
      const home = this.#homeOf(this.#items[table[next]! - 1]!);
      if (((next - home) & mask) < ((next - gap) & mask)) continue;
      table[gap] = table[next]!;
      gap = next;
    }
    table[gap] = 0;
  }

  #rebuild(slots: number): void {
    this.#table = new Int32Array(slots);
    for (const [i, item] of this.#items.entries()) this.#table[this.#slotOfPlace(item, 0)] = i + 1;
  }

  #after(slot: number): number {
    return (slot + 1) & (this.#table.length - 1);
  }

  /** Sixteen characters: of a key in hex that is more than anybody can make alike. */
  #homeOf(item: T): number {
    let hash = this.#salt;
    const length = Math.min(item.length, HASHED);
    for (let i = 0; i < length; i++) {
      hash = Math.imul(hash ^ item.charCodeAt(i), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash & (this.#table.length - 1);
  }
}

const LEAST_SLOTS = 8;
/** The fuller, the longer the search: at three quarters it takes two and a half steps, and eight for what is not there. */
const MOST_FULL = 0.75;
const LEAST_FULL = 0.1875;
const HASHED = 16;
