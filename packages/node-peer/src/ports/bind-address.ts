/**
 * Is there such an address here? libdatachannel throws in a thread of its own when it cannot bind, and takes the whole
 * process with it, so nothing that is not known to be local ever reaches it.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { platform } from 'node:process';

const WHOLE_LOOPBACK: ReadonlySet<string> = new Set(['linux', 'win32']);

/** Looks anew at each call: addresses come and go. A link-local IPv6 address needs its zone (`fe80::1%eth0`). */
export function isLocalAddress(text: unknown): boolean {
  if (text === 'localhost') return true;
  if (typeof text !== 'string' || isIP(text) === 0) return false;
  const [address = '', zone] = text.split('%', 2);
  const found = networkInterfaces();
  const local = new BlockList();
  for (const [name, entries = []] of Object.entries(found)) {
    for (const entry of entries) {
      const family = entry.family === 'IPv4' ? 'ipv4' : 'ipv6';
      const needsZone = entry.address.startsWith('fe80:');
      if (needsZone ? zone === name : zone === undefined) local.addAddress(entry.address, family);
    }
  }
  if (zone === undefined) {
    // Elsewhere only the loopback addresses that are listed can be bound.
    if (WHOLE_LOOPBACK.has(platform)) local.addSubnet('127.0.0.0', 8, 'ipv4');
    local.addAddress('0.0.0.0', 'ipv4');
    if (Object.values(found).some(entries => entries?.some(({ family }) => family === 'IPv6'))) {
      local.addAddress('::', 'ipv6');
    }
  }
  return local.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}
