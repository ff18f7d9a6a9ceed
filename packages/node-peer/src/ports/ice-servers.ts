const MAX_ICE_URLS = 16;

/**
 * Servers the library can use, as its URLs. Others (`stuns:`, TURN without credentials) are left out, not fatal: the
 * list usually comes from a server and is meant for browsers too.
 */
export function nativeServers(servers: readonly RTCIceServer[]): string[] {
  return servers.flatMap(nativeUrls).slice(0, MAX_ICE_URLS);
}

function nativeUrls({ urls, username, credential }: RTCIceServer): string[] {
  return [urls].flat().flatMap(url => {
    const [, scheme, rest] = /^(stun|turn|turns):([\w.:[\]?=-]+)$/.exec(url) ?? [];
    if (scheme === 'stun') return [url];
    if (scheme === undefined || !username || !credential) return [];
    // REST credentials carry ':', '/', '+' and '='; unescaped they would end the URL's user part and time out silently.
    return [`${scheme}:${encodeURIComponent(username)}:${encodeURIComponent(credential)}@${rest}`];
  });
}
