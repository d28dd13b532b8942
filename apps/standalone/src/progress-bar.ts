const WIDTH = 30;

/** What a progress bar writes to. */
export interface Screen {
  isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * A progress bar: drawn in place on a terminal, a line at every tenth elsewhere. The answer is called with the share
 * done (0 to 1) and what is being done.
 */
export function progressBar(screen: Screen): (share: number, words: { vi: string; en: string }) => void {
  let lastTenth = -1;
  return (share, { vi, en }) => {
    const percent = `${String(Math.floor(share * 100)).padStart(3)} %`;
    if (screen.isTTY === true) {
      const bar = '█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░');
      screen.write(`\r${bar} ${percent}  ${vi} / ${en}\u001b[K`);
      if (share >= 1) screen.write('\n');
      return;
    }
    const tenth = Math.floor(share * 10);
    if (tenth === lastTenth) return;
    lastTenth = tenth;
    screen.write(`${percent}  ${vi} / ${en}\n`);
  };
}
