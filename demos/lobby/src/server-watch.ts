/**
 * Asks now and then whether the signaling server is there. The room does not need to know: with its links up it has
 * let go of the server. This page asks because it is made to show what happens when the server is stopped.
 */

const ASK_EVERY_MS = 5_000;
/** Browsers report every connection that fails in the console: a server known to be off is asked less often. */
const ASK_AGAIN_MS = 15_000;
const MAX_PAUSE_MS = 30_000;
const PATIENCE_MS = 3_000;
const STANDARD_PATH = '/v1/signal';

/** Tells at once, and again whenever the answer changes. A hidden tab asks nothing. */
export function watchServer(signaling: string, onChange: (isUp: boolean) => void): void {
  const url = /^wss?:\/\/[^/?#]+\/?$/.test(signaling) ? signaling.replace(/\/?$/, STANDARD_PATH) : signaling;
  let was: boolean | undefined;
  let pauseMs = ASK_EVERY_MS;
  const ask = async (): Promise<void> => {
    if (!document.hidden) {
      const is = await answers(url);
      if (is) pauseMs = ASK_EVERY_MS;
      else pauseMs = was === false ? MAX_PAUSE_MS : ASK_AGAIN_MS;
      if (is !== was) onChange(is);
      was = is;
    }
    window.setTimeout(ask, pauseMs);
  };
  void ask();
}

/** Opens a connection and closes it without joining anything. */
function answers(url: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = new WebSocket(url);
    const settle = (isUp: boolean) => () => {
      window.clearTimeout(timer);
      socket.close();
      resolve(isUp);
    };
    const timer = window.setTimeout(settle(false), PATIENCE_MS);
    socket.addEventListener('open', settle(true));
    socket.addEventListener('error', settle(false));
  });
}
