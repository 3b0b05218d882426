/** ASCII letters and digits of a name, at most 30, for names of containers and objects; `workspace` where none are left (한글, 😀). Pure. */
export function slug(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const text = plain.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  return text.slice(0, 30).replace(/-+$/, '') || 'workspace';
}
