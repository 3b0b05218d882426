/** Progress that does not drown whoever shows it. */
export type FileStage = 'comparing' | 'copying' | 'committing';

/** `comparing`: files seen so far, of an unknown number. Bytes are those verified on the destination's disk. */
export type OnProgress = (
  stage: FileStage,
  filesDone: number,
  filesTotal: number,
  bytesDone: number,
  bytesTotal: number,
) => void;

const everyMs = 100;

export class Meter {
  #stage: FileStage = 'comparing';
  #filesTotal = 0;
  #bytesTotal = 0;
  #told = 0;

  constructor(private readonly tell: OnProgress | undefined) {}

  stage(stage: FileStage, filesDone = 0, filesTotal = 0, bytesDone = 0, bytesTotal = 0): void {
    this.#stage = stage;
    [this.#filesTotal, this.#bytesTotal] = [filesTotal, bytesTotal];
    this.#told = 0;
    this.at(filesDone, bytesDone);
  }

  at(filesDone: number, bytesDone: number): void {
    const now = performance.now();
    const isLast = filesDone === this.#filesTotal && bytesDone === this.#bytesTotal;
    if (!isLast && now - this.#told < everyMs) return;
    this.#told = now;
    this.tell?.(this.#stage, filesDone, this.#filesTotal, bytesDone, this.#bytesTotal);
  }
}
