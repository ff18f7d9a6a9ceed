/** Tell everyone, once. One interface; how rumours spread behind it is a matter of configuration. */
import type { Now } from '../types.ts';
import { createFlood } from './flood.ts';
import type { Broadcast, BroadcastTools } from './mode.ts';
import { createRumour } from './rumour.ts';
import { createTree } from './tree.ts';

export function createBroadcast(tools: BroadcastTools, startedAt: Now): Broadcast {
  switch (tools.config['broadcast.mode']) {
    case 'tree':
      return createTree(tools, startedAt);
    case 'flood':
      return createFlood(tools);
    case 'push':
      return createRumour(tools, { push: true, pull: false });
    case 'pull':
      return createRumour(tools, { push: false, pull: true });
    case 'push-pull':
      return createRumour(tools, { push: true, pull: true });
  }
}
