/** Why a server ended before it answered, read from its last lines. Pure. */
import type { Problem } from '../common/problem';

interface Rule {
  pattern: RegExp;
  problem: (match: RegExpExecArray) => Problem;
}

const rules: Rule[] = [
  // resources/image/bin/entrypoint, exit 78.
  {
    pattern: /^labdock: config-syntax: (\d+): (.*)$/m,
    problem: ([, line, message]) => ({
      reason: 'config-syntax',
      params: { line: Number(line), message: message ?? '' },
    }),
  },
  // traitlets: "The 'port' trait of a ServerApp instance expected an int, not the str 'x'."
  {
    pattern: /^.*(The '[\w-]+' trait of .+)$/m,
    problem: ([, message]) => ({ reason: 'config-rejected', params: { message: (message ?? '').slice(0, 300) } }),
  },
  // jupyter_server: a traceback of the configuration file ends in the error's own line.
  {
    pattern: /File "[^"]*jupyter_server_config\.py"[\s\S]*?^((?:\w+\.)*\w*(?:Error|Exception)\b.*)$/m,
    problem: ([, message]) => ({ reason: 'config-rejected', params: { message: (message ?? '').slice(0, 300) } }),
  },
  {
    pattern:
      /^.*(?:\[C [^\]]*\]|CRITICAL).*?((?:Bad config|Running as root|No such directory|.*is not accessible).*)$/m,
    problem: ([, message]) => ({ reason: 'config-rejected', params: { message: (message ?? '').slice(0, 300) } }),
  },
];

/** What a cluster says of a container that ended before it answered. */
const crashes: ReadonlySet<Problem['reason']> = new Set(['crash-loop', 'server-exited', 'stopped-outside']);

/** A pod that ends while it starts, once or again and again, is one crash for a person: its lines say which. */
export function explainStart(problem: Problem, lines: string[]): Problem {
  if (!crashes.has(problem.reason)) return explainEnding(problem, lines);
  const params = { code: problem.params?.['code'] ?? 0 };
  return explainEnding({ reason: 'server-crashed-while-starting', params }, lines);
}

/** The given problem where the lines say nothing that is known. Exit by memory or from outside needs no lines. */
export function explainEnding(problem: Problem, lines: string[]): Problem {
  if (problem.reason !== 'server-crashed-while-starting') return problem;
  const text = lines.join('\n');
  for (const { pattern, problem: make } of rules) {
    const match = pattern.exec(text);
    if (match) return { ...make(match), detail: lines.slice(-20).join('\n') };
  }
  return problem;
}
