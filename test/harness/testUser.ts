/** The ordinary user made by set-up (scripts/setup/test-user.mjs): for tests that run as root and mean something as nobody special. */
import { readFileSync } from 'node:fs';

export interface TestUser {
  name: string;
  uid: number;
  gid: number;
}

/** The test user as root; the current user otherwise, who is ordinary enough. */
export function testUser(): TestUser {
  const uid = process.getuid?.() ?? -1;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const entries = lines.map((line) => line.split(':'));
  const found = entries.find(([name, , id]) => (uid === 0 ? name === 'labdock-test' : Number(id) === uid));
  if (!found) throw new Error('there is no user labdock-test: run npm test -- desktop once to make it');
  return { name: found[0] ?? '', uid: Number(found[2]), gid: Number(found[3]) };
}

/** The command as the test user runs it, with the groups of that user. */
export function asTestUser(command: string[]): string[] {
  return process.getuid?.() === 0 ? ['runuser', '-u', testUser().name, '--', ...command] : command;
}
