/** Serves one folder of built files over HTTP, for looking at a demo. Reads only, never outside the folder. */
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { listenOnFreePort } from './free-port.mjs';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/**
 * @param {string} folder
 * @param {{ port?: number, host?: string, extra?: Record<string, string>, folders?: Record<string, string> }} [options]
 *   a taken port means the next free one; 0 lets the system choose; `extra` are answers by path, before the folder's
 *   files; `folders` are others that are served below a path: `{ '/docs': folder }`
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 * @throws {Error} when the folder does not exist or no port is free
 */
export async function serveStatic(folder, { port = 0, host = '127.0.0.1', extra = {}, folders = {} } = {}) {
  const root = await realpath(folder);
  const others = await Promise.all(Object.entries(folders).map(async ([at, other]) => [at, await realpath(other)]));
  const server = createServer((request, response) => {
    answer(root, others, extra, request, response).catch(() => refuse(response, 500));
  });
  const actual = await listenOnFreePort(server, { port, host });
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}/`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(root, others, extra, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405);
  const wanted = wantedPath(request.url ?? '/');
  if (wanted === undefined) return refuse(response, 400);
  if (Object.hasOwn(extra, wanted)) {
    response.writeHead(200, {
      'content-type': TYPES[path.extname(wanted)] ?? 'text/plain',
      'cache-control': 'no-store',
    });
    return response.end(extra[wanted]);
  }
  const [at, folder] = others.find(([prefix]) => wanted === prefix || wanted.startsWith(`${prefix}/`)) ?? ['', root];
  const found = await find(folder, wanted.slice(at.length));
  if (found === undefined) return refuse(response, 404);
  if (found.isFolder) {
    // One leading slash only: `//name/` in a Location header would name another host.
    response.writeHead(302, { location: encodeURI(`/${wanted.replace(/^\/+/, '')}/`), 'cache-control': 'no-store' });
    return response.end();
  }
  response.writeHead(200, {
    'content-type': TYPES[path.extname(found.file).toLowerCase()] ?? 'application/octet-stream',
    'content-length': found.size,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  if (request.method === 'HEAD') return response.end();
  pipeline(createReadStream(found.file), response, () => {});
}

/** The decoded path; undefined when it is none, or climbs, or names a hidden file. */
function wantedPath(url) {
  let decoded;
  try {
    decoded = decodeURIComponent(url.split(/[?#]/, 1)[0]);
  } catch {
    return undefined;
  }
  const bad = !decoded.startsWith('/') || decoded.includes('\0') || decoded.includes('\\');
  return bad || decoded.split('/').some(part => part.startsWith('.')) ? undefined : decoded;
}

async function find(root, wanted) {
  try {
    const named = path.join(root, wanted.endsWith('/') ? `${wanted}index.html` : wanted);
    const file = await realpath(named);
    // A link inside the folder may point out of it.
    if (file !== root && !file.startsWith(root + path.sep)) return undefined;
    const info = await stat(file);
    if (info.isDirectory()) return { isFolder: true };
    return info.isFile() ? { isFolder: false, file, size: info.size } : undefined;
  } catch {
    return undefined;
  }
}

function refuse(response, status) {
  if (response.headersSent) return response.destroy();
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${status}\n`);
}
