/** Names for files that a remote page suggests: they end up in the user's download folder, so nothing in them is trusted. */

/** Bytes in UTF-8; most file systems end at 255, and a counter must still fit. */
const maxBytes = 200;
const utf8Bytes = (text: string) => Buffer.byteLength(text, 'utf8');

// Device names of Windows, with any extension; harmless elsewhere, refused everywhere so that folders can be shared.
const reserved = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;

/** Control characters, those with a meaning to a file system, and marks that reverse text (`exe.cod` shown as `doc.exe`). */
// eslint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u001f\u007f-\u009f<>:"/\\|?*\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** A name without folders that every system takes; `download` when nothing is left of it. */
export function safeFileName(suggested: string): string {
  const last = suggested.split(/[\\/]/).at(-1) ?? '';
  let name = last
    .normalize('NFC')
    .replace(forbidden, '_')
    .replace(/^[.\s]+/, '')
    .replace(/[.\s]+$/, '');
  if (reserved.test(name)) name = `_${name}`;
  if (name === '') return 'download';
  const { stem, extension } = split(name);
  return shorten(stem, maxBytes - utf8Bytes(extension)) + extension;
}

/** `name`, then `name (2)`, `name (3)`, …, extension kept. */
export function numberedName(name: string, attempt: number): string {
  if (attempt <= 1) return name;
  const { stem, extension } = split(name);
  return `${stem} (${attempt})${extension}`;
}

/** Keeps `.tar.gz` together; a long tail after the last dot is no extension. */
function split(name: string): { stem: string; extension: string } {
  const extension = /(?:\.tar)?\.[^.\s]{1,20}$/.exec(name)?.[0] ?? '';
  const stem = name.slice(0, name.length - extension.length);
  return stem === '' ? { stem: name, extension: '' } : { stem, extension };
}

function shorten(text: string, bytes: number): string {
  let result = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += utf8Bytes(segment);
    if (used > bytes) break;
    result += segment;
  }
  return result.trimEnd();
}
