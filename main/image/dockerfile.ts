/**
 * Renders the Dockerfile template of resources/image. Blocks up to `#:end`: `#:each stage`, `#:each environment`, `#:if ca`.
 * `#:from ORIGIN` within `#:each environment` opens the lines for environments of that origin.
 */
import { localName } from '../common/localName';
import type { Environment } from './order';

export interface DockerfileValues {
  base: string;
  channels: string[];
  /** In the order in which the last stage has them. */
  environments: readonly Environment[];
  ca: boolean;
}

export function renderDockerfile(template: string, values: DockerfileValues): string {
  const out: string[] = [];
  const lines = template.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const directive = /^#:(.+)$/.exec(lines[at]!)?.[1];
    if (directive === undefined) {
      out.push(fill(lines[at]!, values));
      continue;
    }
    const end = lines.indexOf('#:end', at);
    if (end < 0) throw new Error(`Dockerfile template: no #:end for #:${directive}`);
    for (const line of block(directive, lines.slice(at + 1, end), values)) out.push(fill(line, values));
    at = end;
  }
  return out.join('\n');
}

function block(directive: string, lines: string[], { environments, ca }: DockerfileValues): string[] {
  switch (directive) {
    case 'each stage':
      return environments
        .filter(({ origin }) => origin === 'stage')
        .flatMap(({ kernel }) => lines.map((line) => line.replaceAll('{{kernel}}', kernel.name)));
    case 'each environment':
      return environments.flatMap(({ kernel, origin }) =>
        linesFrom(lines, origin === 'stage' || origin === 'here' ? origin : 'image').map((line) =>
          line.replaceAll('{{kernel}}', kernel.name).replaceAll('{{image}}', localName(origin)),
        ),
      );
    case 'if ca':
      return ca ? lines : [];
    default:
      throw new Error(`Dockerfile template: unknown directive #:${directive}`);
  }
}

function linesFrom(lines: string[], origin: string): string[] {
  const start = lines.indexOf(`#:from ${origin}`);
  if (start < 0) throw new Error(`Dockerfile template: no #:from ${origin}`);
  const next = lines.findIndex((line, at) => at > start && line.startsWith('#:from '));
  return lines.slice(start + 1, next < 0 ? undefined : next);
}

const fill = (line: string, values: DockerfileValues) =>
  line
    .replaceAll('{{base}}', () => values.base)
    // Quotes and backslashes are refused by the schema; a dollar sign would name a variable.
    .replaceAll('{{channels}}', () => values.channels.join(' ').replaceAll('$', '\\$'));
