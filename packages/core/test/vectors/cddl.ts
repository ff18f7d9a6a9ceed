/** As much of CDDL (RFC 8610) as docs/protocol.md uses. */
import type { Item } from './cbor-reader.ts';

export interface Cddl {
  readonly names: readonly string[];
  /** The names that a rule offers as a choice. */
  choices(name: string): readonly string[];
  matches(name: string, item: Item): boolean;
}

interface Entry {
  readonly least: number;
  readonly most: number;
  readonly type: Type;
}

type Type =
  | { readonly say: 'choice'; readonly of: readonly Type[] }
  | { readonly say: 'array' | 'group'; readonly entries: readonly Entry[] }
  | { readonly say: 'map'; readonly of: Type | undefined }
  | { readonly say: 'range'; readonly from: number; readonly to: number }
  | { readonly say: 'text'; readonly value: string }
  | { readonly say: 'pattern'; readonly is: RegExp }
  | { readonly say: 'name'; readonly name: string; readonly size: readonly [number, number] | undefined };

const TOKEN = /\s+|;[^\n]*|("[^"]*"|\.\.|\.size|\.regexp|=>|[[\]{}(),:/=*?]|-?\d+|[A-Za-z][A-Za-z0-9-]*)/gy;

export function parseCddl(markdown: string): Cddl {
  const source = [...markdown.matchAll(/```cddl\n(.*?)```/gs)].map(([, block]) => block).join('\n');
  const rules = new Map<string, Type>();
  const parser = createParser([...source.matchAll(TOKEN)].flatMap(([, token]) => (token === undefined ? [] : [token])));
  while (!parser.isDone()) {
    const [name, type] = parser.rule();
    if (rules.has(name)) throw new Error(`${name} has two rules`);
    rules.set(name, type);
  }
  const { fits } = createMatcher(rules);
  return {
    names: [...rules.keys()],
    choices(name) {
      const type = rules.get(name);
      return type?.say === 'choice' ? type.of.flatMap(one => (one.say === 'name' ? [one.name] : [])) : [];
    },
    matches: (name, item) => fits({ say: 'name', name, size: undefined }, item),
  };
}

function createParser(tokens: readonly string[]) {
  let at = 0;
  const next = (): string => tokens[at++] ?? '';
  const taken = (token: string): boolean => tokens[at] === token && ++at > 0;
  const expect = (token: string): void => {
    if (!taken(token)) throw new Error(`${token} expected before ${tokens.slice(at, at + 5).join(' ')}`);
  };

  const type = (): Type => {
    const of = [single()];
    while (taken('/')) of.push(single());
    return of.length === 1 ? of[0]! : { say: 'choice', of };
  };

  const single = (): Type => {
    const token = next();
    if (token === '[') return { say: 'array', entries: entries(']') };
    if (token === '(') return { say: 'group', entries: entries(')') };
    if (token === '{') return map();
    if (token.startsWith('"')) return { say: 'text', value: token.slice(1, -1) };
    if (/^-?\d/.test(token)) return { say: 'range', from: Number(token), to: Number(taken('..') ? next() : token) };
    if (taken('.regexp')) return { say: 'pattern', is: new RegExp(`^(?:${next().slice(1, -1)})$`) };
    return { say: 'name', name: token, size: taken('.size') ? size() : undefined };
  };

  const size = (): readonly [number, number] => {
    const isRange = taken('(');
    const from = Number(next());
    if (!isRange) return [from, from];
    expect('..');
    const to = Number(next());
    expect(')');
    return [from, to];
  };

  /** Maps of known keys are the signaling server's JSON: only that they can be read is checked here. */
  const map = (): Type => {
    if (taken('*')) {
      expect('tstr');
      expect('=>');
      const of = type();
      expect('}');
      return { say: 'map', of };
    }
    entries('}');
    return { say: 'map', of: undefined };
  };

  const entries = (end: string): readonly Entry[] => {
    const list: Entry[] = [];
    while (!taken(end)) {
      list.push(entry());
      if (tokens[at] !== end) expect(',');
    }
    return list;
  };

  const entry = (): Entry => {
    let [least, most] = [1, 1];
    if (taken('?')) least = 0;
    else if (tokens[at] === '*' || tokens[at + 1] === '*') {
      least = tokens[at] === '*' ? 0 : Number(next());
      expect('*');
      most = /^\d+$/.test(tokens[at] ?? '') ? Number(next()) : Number.POSITIVE_INFINITY;
    }
    if (tokens[at + 1] === ':') at += 2;
    return { least, most, type: type() };
  };

  return {
    isDone: () => at >= tokens.length,
    rule(): [string, Type] {
      const name = next();
      expect('=');
      return [name, type()];
    },
  };
}

function createMatcher(rules: ReadonlyMap<string, Type>) {
  const fits = (type: Type, item: Item): boolean => {
    switch (type.say) {
      case 'choice':
        return type.of.some(one => fits(one, item));
      case 'array':
        return item.is === 'array' && spend(type.entries, item.value) === item.value.length;
      case 'map':
        return item.is === 'map' && [...item.value.values()].every(one => type.of !== undefined && fits(type.of, one));
      case 'range':
        return item.is === 'integer' && item.value >= type.from && item.value <= type.to;
      case 'text':
        return item.is === 'text' && item.value === type.value;
      case 'pattern':
        return item.is === 'text' && type.is.test(item.value);
      case 'name':
        return fitsName(type.name, type.size, item);
      case 'group':
        return false;
    }
  };

  const fitsName = (name: string, size: readonly [number, number] | undefined, item: Item): boolean => {
    const isLong = (length: number): boolean => size === undefined || (length >= size[0] && length <= size[1]);
    if (name === 'bstr') return item.is === 'bytes' && isLong(item.value.length);
    if (name === 'tstr') return item.is === 'text' && isLong(new TextEncoder().encode(item.value).length);
    if (name === 'float64') return item.is === 'float';
    if (name === 'bool') return item.is === 'simple' && item.value !== null;
    if (name === 'nil') return item.is === 'simple' && item.value === null;
    const rule = rules.get(name);
    if (rule === undefined) throw new Error(`${name} has no rule`);
    return fits(rule, item);
  };

  /** How many of the items the entries take, or -1. Greedy, which is enough: no entry can begin like the next one. */
  const spend = (entries: readonly Entry[], items: readonly Item[]): number => {
    let at = 0;
    for (const { least, most, type } of entries) {
      let count = 0;
      for (let used = 1; count < most && used > 0; ) {
        used = one(type, items.slice(at));
        if (used <= 0) break;
        at += used;
        count += 1;
      }
      if (count < least) return -1;
    }
    return at;
  };

  const one = (type: Type, items: readonly Item[]): number => {
    const group = type.say === 'name' ? (rules.get(type.name) ?? type) : type;
    if (group.say === 'group') return spend(group.entries, items);
    return items[0] !== undefined && fits(type, items[0]) ? 1 : -1;
  };

  return { fits };
}
