/**
 * Which address a request counts for. The socket's own remote address is the only one that cannot be invented;
 * `X-Forwarded-For` is read when a listed proxy sent it, and then from the right, where that proxy wrote.
 */

import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { SignalingServerError } from './errors.ts';

/** Reads `'10.0.0.1'` and `'10.0.0.0/8'` (IPv6 too). Throws `SignalingServerError('bad-option')`. */
export function parseProxies(list: readonly string[]): BlockList {
  const proxies = new BlockList();
  for (const item of list) {
    const [address = '', prefix, ...rest] = item.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    const maxBits = family === 'ipv4' ? 32 : 128;
    const bits = prefix === undefined ? maxBits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
    if (isIP(address) === 0 || rest.length > 0 || bits < 0 || bits > maxBits) {
      throw new SignalingServerError('bad-option', `'${item}' in trustedProxies is neither an IP address nor a subnet`);
    }
    proxies.addSubnet(address, bits, family);
  }
  return proxies;
}

/** The client's address group: an IPv4 address, or the /64 of an IPv6 one (one household holds a whole /64). */
export function clientAddress(
  remote: string | undefined,
  forwardedFor: string | undefined,
  proxies: BlockList,
): string {
  let client = plain(remote ?? '');
  if (forwardedFor === undefined || !isTrusted(client, proxies)) return group(client);
  for (const hop of forwardedFor.split(',').reverse()) {
    const address = plain(hop.trim());
    // Left of something unreadable anybody may have written: the last hop that made sense counts.
    if (isIP(address) === 0) break;
    client = address;
    if (!isTrusted(client, proxies)) break;
  }
  return group(client);
}

function isTrusted(address: string, proxies: BlockList): boolean {
  return isIP(address) !== 0 && proxies.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

/** Without a zone (`%eth0`), and an IPv4 address that came in IPv6 clothes as itself. */
function plain(address: string): string {
  const bare = address.replace(/%.*$/, '').toLowerCase();
  const mapped = /^::ffff:([0-9.]+)$/.exec(bare)?.[1];
  return mapped !== undefined && isIPv4(mapped) ? mapped : bare;
}

function group(address: string): string {
  if (!isIPv6(address)) return isIPv4(address) ? address : 'unknown';
  const [head = '', tail] = address.split('::');
  const left = hextets(head);
  const right = hextets(tail ?? '');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const whole = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return `${whole
    .slice(0, 4)
    .map(hextet => Number.parseInt(hextet, 16).toString(16))
    .join(':')}::/64`;
}

function hextets(text: string): string[] {
  // A dotted tail (`64:ff9b::192.0.2.1`) stands for two hextets; which two does not matter for a /64.
  return text === '' ? [] : text.split(':').flatMap(part => (part.includes('.') ? ['0', '0'] : [part]));
}
