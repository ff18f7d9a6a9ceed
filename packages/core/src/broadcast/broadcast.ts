/** Tell everyone, once. One interface; how rumours spread behind it is a matter of configuration. */
import { createFlood } from './flood.ts';
import type { Broadcast, BroadcastTools } from './mode.ts';
import { createPush } from './push.ts';

export function createBroadcast(tools: BroadcastTools): Broadcast {
  switch (tools.config['broadcast.mode']) {
    case 'flood':
      return createFlood(tools);
    case 'push':
      return createPush(tools);
  }
}
