/**
 * Tests the checks of the simulator with engines that are broken on purpose: node scripts/sim-broken.mjs [name …]
 *
 * Two kinds of faults: those that packages/core/sim/soak/broken.ts puts round a real engine, and those below, which
 * are changes of single lines in a copy of the compiled core. The soak must find each within 200 seeds. Exit code 1:
 * it missed one, or a change no longer fits the code.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const CORE = path.join(ROOT, 'packages', 'core');
const MOST_SEEDS = 200;

/** Each must be found exactly once in its file. */
const PATCHES = [
  {
    name: 'sleepers-accused',
    about: 'accuses who said that its page is frozen',
    file: 'dist/liveness/liveness.js',
    find: "activityOf(stated) === 'asleep'",
    replace: 'false',
  },
  {
    name: 'sleeps-unsaid',
    about: 'does not say that its page is frozen',
    file: 'dist/presence/presence.js',
    find: "page === 'frozen' ? inAdvance.nap() : undefined",
    replace: 'undefined',
  },
  {
    name: 'wakes-unsaid',
    about: 'does not say that its page runs again',
    file: 'dist/presence/attention.js',
    find: "return setAway(false) || before === 'frozen';",
    replace: 'return setAway(false) && false;',
  },
  {
    name: 'seq-stands-still',
    about: 'numbers two statements alike',
    file: 'dist/intake/authoring.js',
    find: 'seq += 1;',
    replace: 'seq += drafts % 7 === 0 ? 0 : 1;',
  },
  {
    name: 'clock-not-observed',
    about: 'does not set its hybrid clock by what it hears',
    file: 'dist/identity/hlc.js',
    find: 'if (heard > last)',
    replace: 'if (false)',
  },
  {
    name: 'trusts-signatures',
    about: 'takes a record whose signature is wrong',
    file: 'dist/intake/intake.js',
    find: 'if (ok) {',
    replace: 'if (true) {',
  },
  {
    name: 'seen-on-arrival',
    about: 'marks a record as seen before its signature is checked',
    file: 'dist/intake/intake.js',
    find: 'pending.set(record.id, entry);',
    replace: 'pending.set(record.id, entry); seen.add(record.id, now.mono);',
  },
  {
    name: 'clock-short-by-one',
    about: 'lets its hybrid clock stand still instead of rising by one',
    file: 'dist/identity/hlc.js',
    find: 'last + 1',
    replace: 'last',
  },
  {
    name: 'forgets-who-left',
    about: 'forgets a goodbye as soon as it has told of it',
    file: 'dist/presence/presence.js',
    find: "state: 'left', voidUpTo: 0, until }",
    replace: "state: 'left', voidUpTo: 0, until: now.mono }",
  },
  {
    name: 'any-goodbye-counts',
    about: 'ends a life by the goodbye of an earlier one',
    file: 'dist/presence/presence.js',
    find: "record.kind === 'leave' ? incarnationOf(record) < incarnationOf(last) : !isNewer(record, last)",
    replace: "record.kind !== 'leave' && !isNewer(record, last)",
  },
  {
    name: 'believes-strangers',
    about: 'counts the accusations of keys that are no members',
    file: 'dist/liveness/liveness.js',
    find: '!accuser.isWitness && !members.has(accuser.peer)',
    replace: 'false',
  },
  {
    name: 'takes-all-for-witnesses',
    about: 'asks no accuser to show that it was linked with the accused',
    file: 'dist/liveness/vouches.js',
    find: 'isShown: (subject, accuser) => shown.has(pairOf(subject, accuser))',
    replace: 'isShown: () => true',
  },
  {
    name: 'quorum-short-by-one',
    about: 'takes one neighbour less than a quorum for one',
    file: 'dist/liveness/suspicions.js',
    find: 'witnesses.size < quorumOf(subject)',
    replace: 'witnesses.size < quorumOf(subject) - 1',
  },
  {
    name: 'quorum-long-by-one',
    about: 'asks for one neighbour more than a quorum',
    file: 'dist/liveness/suspicions.js',
    find: 'witnesses.size < quorumOf(subject)',
    replace: 'witnesses.size < quorumOf(subject) + 1',
  },
  {
    name: 'sure-without-links',
    about: 'calls others dead though it has no link over which they could answer',
    file: 'dist/liveness/liveness.js',
    find: 'Math.max(partition.heldUntil(), solitude.unansweredUntil())',
    replace: 'partition.heldUntil()',
  },
  {
    name: 'hands-signals-back',
    about: 'hands a signal back to whom it has it from',
    file: 'dist/relay/relay.js',
    find: 'const hop = nextHop(from, frame);',
    replace: 'const hop = from;',
  },
  {
    name: 'answers-straight',
    about: 'asks, and answers, over the very link that is silent',
    file: 'dist/liveness/probes.js',
    find: 'detour: true',
    replace: 'detour: false',
  },
];

process.exitCode = await main(process.argv.slice(2));

async function main(wanted) {
  const { faults, runSoak } = await simulatorIn(CORE);
  const named = name => wanted.length === 0 || wanted.includes(name);
  let missed = 0;
  const judge = (name, about, found) => {
    // A fault that throws shows that it does not fit the code any more, and nothing about the checks.
    const hasThrown = found?.failure.includes('engine-threw') === true;
    if (found === undefined || hasThrown) missed += 1;
    const how =
      found === undefined
        ? 'MISSED'
        : hasThrown
          ? `MISSED, it only throws: ${found.failure}`
          : `caught at seed ${found.seed}: ${found.failure}`;
    process.stdout.write(`${name.padEnd(22)} ${about}\n${' '.repeat(23)}${how.slice(0, 160)}\n`);
  };
  for (const { name, about, config, wrap } of faults.filter(fault => named(fault.name))) {
    judge(name, about, hunt(runSoak, { config, wrapEngine: (engine, _node, self) => wrap(engine, self) }));
  }
  for (const patch of PATCHES.filter(({ name }) => named(name)))
    judge(patch.name, patch.about, await huntPatched(patch));
  process.stdout.write(missed === 0 ? 'all caught\n' : `${missed} missed\n`);
  return missed === 0 ? 0 : 1;
}

/** The first seed that a broken engine fails, and what gave it away. */
function hunt(runSoak, options) {
  for (let seed = 1; seed <= MOST_SEEDS; seed++) {
    const { failures } = runSoak(seed, options);
    if (failures.length > 0) return { seed, failure: failures.find(text => !text.endsWith(':')) ?? failures[0] };
  }
  return undefined;
}

async function huntPatched(patch) {
  mkdirSync(path.join(ROOT, '.cache'), { recursive: true });
  const copy = mkdtempSync(path.join(ROOT, '.cache', 'broken-'));
  try {
    for (const part of ['dist', 'dist-sim', 'package.json']) {
      cpSync(path.join(CORE, part), path.join(copy, part), { recursive: true });
    }
    symlinkSync(path.join(CORE, 'node_modules'), path.join(copy, 'node_modules'), 'junction');
    breakFile(path.join(copy, patch.file), patch);
    const { runSoak } = await simulatorIn(copy);
    return hunt(runSoak, {});
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function breakFile(file, { name, find, replace }) {
  const parts = readFileSync(file, 'utf8').split(find);
  if (parts.length !== 2) throw new Error(`${name}: "${find}" stands ${parts.length - 1} times in ${file}, not once.`);
  writeFileSync(file, parts.join(replace));
}

function simulatorIn(folder) {
  return import(pathToFileURL(path.join(folder, 'dist-sim', 'index.js')).href);
}
