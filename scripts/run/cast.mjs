/** The cast of a run: a signaling server and headless peers, as the processes that people start by hand. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../free-port.mjs';
import { startChild } from './process.mjs';

const packages = fileURLToPath(new URL('../../packages/', import.meta.url));
const SIGNALING = path.join(packages, 'signaling/bin/hearsay-signaling.mjs');
const PEER = path.join(packages, 'node-peer/bin/hearsay-peer.mjs');
const START_MS = 15_000;

/** A signaling server on loopback at `port`, or the next free one. */
export async function startSignaling({ port = 0 } = {}) {
  const actual = port === 0 ? 0 : await freePort({ port });
  let heard;
  const listening = new Promise(resolve => {
    heard = resolve;
  });
  const child = startChild({
    script: SIGNALING,
    args: ['--port', String(actual), '--json'],
    onLine: line => line.event === 'listening' && heard(line.url),
  });
  const url = await within(START_MS, 'the signaling server to listen', Promise.race([listening, child.ended]));
  if (typeof url !== 'string') throw new Error('The signaling server could not be started.');
  return { url, child };
}

/**
 * `count` headless peers in one process. `onLine` gets everything they report.
 * @param {{ url: string, room: string, app: string, name: string, count?: number, args?: string[], onLine?: (line: any) => void }} who
 */
export function startPeers({ url, room, app, name, count = 1, args = [], onLine = () => {} }) {
  const child = startChild({
    script: PEER,
    args: [
      'join',
      url,
      room,
      '--app',
      app,
      '--name',
      name,
      '--count',
      String(count),
      '--bind',
      '127.0.0.1',
      '--json',
      ...args,
    ],
    onLine,
  });
  return { child, count };
}

/** @template T @param {number} ms @param {string} what @param {Promise<T>} promise @returns {Promise<T>} */
export async function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${ms / 1000} s for ${what}.`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
