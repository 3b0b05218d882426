// The ordinary user desktop tests run as when `npm test` itself runs as root: ownership, permissions and Chromium's
// sandbox mean nothing to root.
import { asRoot, run } from './shell.mjs';
import { textOf } from './paths.mjs';

export const testUserName = 'labdock-test';
/** Far from 1000, the uid images are made for: a file owned by 1000 must not look right by accident. */
const firstUid = 2100;

const entry = (file, name) =>
  (textOf(file) ?? '')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([found]) => found === name);

/** `{name, uid, gid, home}` of the test user, undefined when there is none. */
export function testUser() {
  const found = entry('/etc/passwd', testUserName);
  return found && { name: testUserName, uid: Number(found[2]), gid: Number(found[3]), home: found[5] };
}

const inDockerGroup = () => entry('/etc/group', 'docker')?.[3].split(',').includes(testUserName) ?? true;

export const testUserNeed = {
  name: 'test user',
  what: `create the user ${testUserName} for desktop tests, a member of the group docker`,
  check: () => process.platform !== 'linux' || process.getuid() !== 0 || (Boolean(testUser()) && inDockerGroup()),
  async install() {
    if (!testUser()) {
      const uids = ['-K', `UID_MIN=${firstUid}`];
      await run(asRoot(['useradd', '--create-home', '--user-group', ...uids, '--shell', '/bin/bash', testUserName]));
    }
    if (!inDockerGroup()) await run(asRoot(['usermod', '-aG', 'docker', testUserName]));
  },
};
