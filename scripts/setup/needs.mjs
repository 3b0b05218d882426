// A need: `check()` says quickly and without running programs whether it is met, `what` says what would be done about it,
// `install()` does it. Set-up checks all, says all, asks once, and installs what is missing, in order.
import { agreed, say, SetupError } from './shell.mjs';

/**
 * @typedef {object} Need
 * @property {string} name short, for the terminal
 * @property {() => boolean | Promise<boolean>} check true when nothing has to be done
 * @property {string | (() => string | Promise<string>)} what a sentence: what will be installed or started
 * @property {(how?: {aside: boolean}) => Promise<void>} install `aside`: quietly and without getting in anything's way
 * @property {() => boolean} [unasked] true when it changes nothing that would have to be agreed to
 */

/**
 * Meets all needs. Fails with a SetupError when one cannot be met or the person declines.
 * @param {{aside?: (need: Need) => boolean}} [options] which may go on being installed while something else runs
 * @returns {Promise<Map<string, Promise<string>>>} those, by name: each ends with a line of how long it took, or fails
 */
export async function meet(needs, { aside = () => false } = {}) {
  const started = Date.now();
  const missing = [];
  for (const need of needs) if (!(await need.check())) missing.push(need);
  if (missing.length === 0) return new Map();
  say('Labdock needs a few things on this computer first:');
  for (const need of missing) say(`  - ${typeof need.what === 'function' ? await need.what() : need.what}`);
  const asked = missing.some((need) => !need.unasked?.());
  if (asked && !(await agreed('Go on?'))) throw new SetupError('Nothing was changed.');
  for (const need of needs) {
    // What came before may have met it (Debian's docker.io starts its own daemon), or made it a need: of an engine that
    // is new nobody could know before who may speak to it.
    if (aside(need) || (await need.check())) continue;
    const begun = Date.now();
    say(`> ${need.name}`);
    if (!missing.includes(need)) say(`  ${typeof need.what === 'function' ? await need.what() : need.what}`);
    await need.install();
    say(`  ${need.name}: done in ${seconds(begun)} s`);
  }
  say(`Set-up finished in ${seconds(started)} s.`);
  // Last, and so beside none of the others: two of them may need the same compiler.
  const begun = missing.filter(aside).map((need) => [need.name, installAside(need)]);
  for (const [name] of begun) say(`${name} is being installed beside what follows.`);
  return new Map(begun);
}

function installAside(need) {
  const begun = Date.now();
  const installed = need
    .install({ aside: true })
    .then(() => `${need.name}: done in ${seconds(begun)} s, beside the rest`);
  // Whoever needs it hears of a failure then.
  installed.catch(() => undefined);
  return installed;
}

const seconds = (since) => ((Date.now() - since) / 1000).toFixed(1);
