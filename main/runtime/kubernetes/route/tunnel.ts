/**
 * One local TCP connection joined to one connection of a pod. What either side does is done to the other: the far end's
 * close ends the local side, its errors reset it; the local end's close closes the far end after everything has been
 * carried; whoever reads slowly slows the other down.
 */
import type { Socket } from 'node:net';
import type { PortSocket } from './portSocket';

/**
 * The protocol has no half-close: a client that has shut its sending side may still wait for its answer, or be gone.
 * Silence after which it counts as gone: when the far end has answered what was sent last, and when it has not. Milliseconds.
 */
const lingerMs = { answered: 200, unanswered: 10_000 };
/** How long a local side may take to close after the far end did. Milliseconds. */
const closeMs = 2_000;
/**
 * What may wait for a local side that reads slowly. Its own mark of 16 KiB is less than one message: every single one would
 * stop the far end and start it again.
 */
const waitingBytes = 512 * 1024;

/** Pieces of a download come several at a time: those of this size and more leave together. */
const gatheredBytes = 8 * 1024;

/**
 * Takes both ends, which are open. Resolves when both are done.
 * @returns `carried`: the far end sent something; `error`: what broke, in words
 */
export function join(local: Socket, far: PortSocket): Promise<{ carried: boolean; error: string | undefined }> {
  return new Promise((resolve) => {
    let carried = false;
    let answered = true;
    let farError: string | undefined;
    let farEnded = false;
    let localEnded = false;
    let linger: NodeJS.Timeout | undefined;

    const waitForSilence = () => {
      clearTimeout(linger);
      linger = setTimeout(() => far.close(), answered ? lingerMs.answered : lingerMs.unanswered);
    };
    const settle = () => {
      if (farEnded && local.destroyed) resolve({ carried, error: farError });
    };

    let gathering = false;
    const gather = () => {
      if (gathering) return;
      gathering = true;
      local.cork();
      setImmediate(() => {
        gathering = false;
        local.uncork();
      });
    };

    local.on('data', (data: Buffer) => {
      // After the far end's close there is nobody to take it; reading it spares the client a reset.
      if (farEnded) return;
      answered = false;
      far.send(data);
      if (far.writable) return;
      local.pause();
      far.whenDrained(() => local.resume());
    });
    local.on('end', () => {
      localEnded = true;
      if (farEnded) local.destroy();
      else waitForSilence();
    });
    local.on('drain', () => far.resume());
    local.on('error', () => far.terminate());
    local.on('close', () => {
      clearTimeout(linger);
      far.close();
      settle();
    });

    far.listen({
      data(data) {
        carried = true;
        answered = true;
        if (local.destroyed) return;
        if (data.length >= gatheredBytes) gather();
        local.write(data);
        if (local.writableLength > waitingBytes) far.pause();
        if (localEnded) waitForSilence();
      },
      end(error) {
        farEnded = true;
        farError = error;
        clearTimeout(linger);
        if (local.destroyed) return settle();
        if (error !== undefined) return void local.resetAndDestroy();
        // A client that reads slowly still gets all of it.
        local.end(() => (localEnded ? local.destroy() : setTimeout(() => local.destroy(), closeMs).unref()));
        local.resume();
      },
    });
    if (local.destroyed) {
      far.close();
      settle();
    } else local.resume();
  });
}
