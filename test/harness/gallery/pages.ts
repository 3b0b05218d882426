/** What the trivial application serves, by address and by file. */
const origin = 'app://labdock';
export const windowPage = `${origin}/index.html`;
/** Of the same origin, so that the window's page needs no process of its own; with a policy, so that Electron warns of nothing. */
export const emptyPage = `${origin}/empty.html`;
export const axeScript = `${origin}/axe.js`;
