/** A real python3 for the tests of this folder. */
import { execFileSync } from 'node:child_process';

export function python(program: string, input: unknown): unknown {
  const stdout = execFileSync('python3', ['-c', program], {
    input: JSON.stringify(input),
    maxBuffer: 1e8,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return JSON.parse(stdout.toString('utf8'));
}

/**
 * Executes config files as traitlets does, with a stand-in for its Config object (a dict of dicts with attribute
 * access); the real thing reads them in test/docker/jupyter.test.ts. Returns the settings and what was printed to stderr.
 */
export function runConfigs(sources: string[]): { config: Record<string, Record<string, unknown>>; said: string }[] {
  const program = `
import contextlib, io, json, sys
class Section(dict):
    def __getattr__(self, name):
        if name.startswith('__'): raise AttributeError(name)
        if name[0].isupper(): return self.setdefault(name, Section())
        return self[name]
    def __getitem__(self, name):
        if name[0].isupper() and name not in self: self[name] = Section()
        return dict.__getitem__(self, name)
    def __setattr__(self, name, value): self[name] = value
out = []
for source in json.load(sys.stdin):
    config = Section()
    said = io.StringIO()
    namespace = {'c': config, 'get_config': lambda: config, '__file__': 'x'}
    with contextlib.redirect_stderr(said):
        exec(compile(source.encode('utf-8', 'surrogatepass'), 'x', 'exec'), namespace, namespace)
    out.append({'config': config, 'said': said.getvalue()})
print(json.dumps(out))
`;
  return python(program, sources) as { config: Record<string, Record<string, unknown>>; said: string }[];
}
