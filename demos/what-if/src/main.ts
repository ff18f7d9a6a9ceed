/** The page: reads the question, lets the worker answer it, shows the answer. */
import type { ScenarioFile } from '@hearsay/core/sim';
import { place, showAnswer } from './answer.ts';
import type { FromWorker, Question } from './messages.ts';
import { ownScenario, shipped } from './scenarios.ts';
import { hasRounds, type Mode } from './theory.ts';

const OWN = 'own';
const OWN_ABOUT =
  'Somebody says something twice a second for half a minute. Nobody keeps it: who is cut off meanwhile misses it.';

const form = place('question') as HTMLFormElement;
const choice = place('scenario') as HTMLSelectElement;
const runButton = place('run') as HTMLButtonElement;
const cancelButton = place('cancel') as HTMLButtonElement;
const progress = place('progress') as HTMLProgressElement;
let worker: Worker | undefined;

choice.append(new Option('Your own', OWN), ...[...shipped.keys()].map(name => new Option(name, name)));
form.addEventListener('change', showChoice);
form.addEventListener('submit', event => {
  event.preventDefault();
  run();
});
cancelButton.addEventListener('click', () => {
  stop();
  say('Stopped.');
  runButton.focus();
});
showChoice();

/** A shipped scenario comes with everything but the seed; a flood and a tree have no rounds. */
function showChoice(): void {
  const file = shipped.get(choice.value);
  place('about').textContent = file?.about ?? OWN_ABOUT;
  for (const label of form.querySelectorAll<HTMLElement>('[data-own]')) label.hidden = file !== undefined;
  if (!hasRounds(textOf('mode') as Mode)) place('fanout').hidden = true;
}

function run(): void {
  stop();
  const file = questionOf();
  const theory = file.name === 'what-if' ? { mode: textOf('mode') as Mode, fanout: numberOf('fanout') } : undefined;
  const started = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  worker = started;
  started.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if (worker !== started) return;
    if (data.type === 'progress') return showProgress(data);
    stop();
    if (data.type === 'refused') return say(data.why);
    progress.value = 1;
    place('answer').hidden = false;
    place('answer').classList.remove('stale');
    place('file').textContent = JSON.stringify(file, undefined, 2);
    showAnswer(data.answer, file.nodes, theory);
    say(
      `Done: ${data.answer.report.run.events.toLocaleString('en-US')} events, trace ${data.answer.report.traceHash}.`,
    );
  };
  started.onerror = () => {
    stop();
    say('The simulator could not be started in this browser.');
  };
  place('answer').classList.add('stale');
  runButton.disabled = true;
  cancelButton.disabled = false;
  progress.value = 0;
  say('Running…');
  started.postMessage({ file } satisfies Question);
}

/** Whatever runs is ended: nothing of it is heard any more. */
function stop(): void {
  worker?.terminate();
  worker = undefined;
  runButton.disabled = false;
  cancelButton.disabled = true;
}

let saidAt = 0;

function showProgress({ share, nowMs, events }: Extract<FromWorker, { type: 'progress' }>): void {
  progress.value = share;
  // The status is read aloud: not with every step.
  if (performance.now() - saidAt < 1_000) return;
  say(
    `${Math.floor(100 * share)} %: ${Math.round(nowMs / 1_000)} s of the world, ${events.toLocaleString('en-US')} events`,
  );
}

function questionOf(): ScenarioFile {
  const file = shipped.get(choice.value);
  if (file !== undefined) return { ...file, seed: numberOf('seed') };
  return ownScenario({
    nodes: numberOf('nodes'),
    mode: textOf('mode') as Mode,
    fanout: numberOf('fanout'),
    loss: numberOf('loss') / 100,
    cut: numberOf('cut') / 100,
    visit: numberOf('visit'),
    seed: numberOf('seed'),
  });
}

function textOf(name: string): string {
  return String(new FormData(form).get(name));
}

function numberOf(name: string): number {
  return Number(textOf(name));
}

function say(text: string): void {
  saidAt = performance.now();
  place('status').textContent = text;
}
