// The lint part: formatting, lint, types, the house's arrows, the Dockerfile. Each tool counts as one test.
import { inProject } from '../setup/paths.mjs';
import { hadolintCommand } from '../setup/hadolint.mjs';
import { run, say } from '../setup/shell.mjs';

const node = (script, ...args) => [process.execPath, inProject('node_modules', script), ...args];

const tools = () => [
  // The longest one first.
  { name: 'eslint', command: node('eslint/bin/eslint.js', '--max-warnings=0', '.') },
  { name: 'prettier', command: node('prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.') },
  { name: 'tsc', command: node('typescript/bin/tsc', '--noEmit') },
  {
    name: 'depcruise',
    command: node('dependency-cruiser/bin/dependency-cruise.mjs', '--output-type', 'err', 'main', 'renderer', 'test'),
  },
  { name: 'hadolint', command: [hadolintCommand(), inProject('resources/image/Dockerfile')] },
];

export async function lint() {
  let passed = 0;
  const notes = [];
  const queue = tools().values();
  const lane = async () => {
    for (const { name, command } of queue) {
      const started = Date.now();
      try {
        await run(command, { cwd: inProject(), env: { NO_COLOR: '1' } });
        passed += 1;
        say(`  ok ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
      } catch (error) {
        notes.push(name);
        say(`  FAILED ${name}\n${(error.output ?? error.message).trim()}\n`);
      }
    }
  };
  await Promise.all([lane(), lane()]);
  return { passed, failed: notes.length, notes };
}
