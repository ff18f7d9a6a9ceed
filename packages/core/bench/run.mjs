/**
 * npm run bench [-- stages | members | room | sync …]: what the engine costs, beside the goals. Figures of CPU are medians of
 * interleaved rounds; on a busy machine only their ratios are stable. The exit code is 0 whatever the figures say.
 */
import { goalsMissed } from './measure.mjs';

const PARTS = {
  stages: async () => (await import('./stages.mjs')).stages(),
  members: async () => (await import('./members.mjs')).members(),
  room: async () => (await import('./room.mjs')).room(),
  sync: async () => {
    process.argv.length = 2;
    await import('./sync.mjs');
  },
};
const wanted = process.argv.slice(2);
const unknown = wanted.filter(name => !Object.hasOwn(PARTS, name));

if (unknown.length > 0) {
  console.error(`There is no benchmark named ${unknown.join(', ')}: ${Object.keys(PARTS).join(', ')}.`);
  process.exitCode = 2;
} else {
  console.log(`Node ${process.version}, ${process.platform} ${process.arch}\n`);
  for (const name of wanted.length === 0 ? Object.keys(PARTS) : wanted) await PARTS[name]();
  if (goalsMissed() > 0) console.log(`\n${goalsMissed()} goals of this engine are missed above`);
}
