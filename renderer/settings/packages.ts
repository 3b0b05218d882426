/** What a person types or pastes into a package field, as single specs: blanks and `name, name` part them. */
export function splitPackages(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    // Markers (`foo; python_version < "3"`) and addresses (`foo @ https://…`) hold blanks of their own.
    if (line.includes(';') || line.includes(' @ ')) return [line.trim()];
    return (
      line
        // `pandas >= 2, < 3` is one spec: no blanks around what ties it together.
        .replace(/\s*(===|[=<>!~]=|[=<>])\s*/g, '$1')
        .replace(/,\s*(?=[=<>!~])/g, ',')
        .split(/\s+|,(?![=<>!~\d])/)
        .filter((spec) => spec !== '')
    );
  });
}

/** The list after typing: split, without doubles. */
export function tidyPackages(values: readonly string[]): string[] {
  return [...new Set(values.flatMap(splitPackages))];
}
