/** Renders the Dockerfile template of resources/image. Two directives, each up to `#:end`: `#:each kernel`, `#:if ca`. */

export interface DockerfileValues {
  base: string;
  channels: string[];
  /** Kernel names in the order their environments are copied. */
  kernels: string[];
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
    const block = lines.slice(at + 1, end);
    for (const kernel of repetitions(directive, values)) {
      out.push(...block.map((line) => fill(line, values).replaceAll('{{kernel}}', kernel)));
    }
    at = end;
  }
  return out.join('\n');
}

/** Once per kernel, once, or not at all. */
function repetitions(directive: string, values: DockerfileValues): string[] {
  switch (directive) {
    case 'each kernel':
      return values.kernels;
    case 'if ca':
      return values.ca ? [''] : [];
    default:
      throw new Error(`Dockerfile template: unknown directive #:${directive}`);
  }
}

const fill = (line: string, values: DockerfileValues) =>
  line
    .replaceAll('{{base}}', () => values.base)
    // Quotes and backslashes are refused by the schema; a dollar sign would name a variable.
    .replaceAll('{{channels}}', () => values.channels.join(' ').replaceAll('$', '\\$'));
